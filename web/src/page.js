// What every page gains from script: pictures to zoom and pan, lists to filter, tables to sort, texts to copy.
// Without it everything is shown and every link works.
import { enhanceCopying } from "./copying.js";
import { enhanceFilter } from "./filter.js";
import { enhanceLighting } from "./lighting.js";
import { enhanceZoom } from "./zoom.js";
import { enhanceRecord } from "./record.js";
import { enhanceSearch } from "./search.js";
import { enhanceSorting } from "./sorting.js";
import { enhanceSuggesting } from "./suggesting.js";

for (const figure of document.querySelectorAll("figure[data-picture]")) {
  // The axis of a time line must stay in sight, and its bars are as long as their time: it is not enlarged.
  if (figure.dataset.zoom !== "off" && figure.dataset.picture !== "timeline") enhanceZoom(figure);
}
enhanceLighting(document.querySelector("main") ?? document.body);
document.querySelectorAll("form[data-filter]").forEach(enhanceFilter);
document.querySelectorAll("form[data-index]").forEach(enhanceSearch);
document.querySelectorAll("form[data-suggest]:not([data-index])").forEach(enhanceSuggesting);
document.querySelectorAll("table[data-sort]").forEach(enhanceSorting);
document.querySelectorAll("button[data-copy]").forEach(enhanceCopying);
document.querySelectorAll("#record-form").forEach(enhanceRecord);
