"""Which checks belong to which convention (layer 4)."""

from collections.abc import Callable, Iterator, Mapping

from smartcity_kg.publish.audit import catalogue, data, hosting, live, pages, vocabulary
from smartcity_kg.publish.audit.model import Found
from smartcity_kg.publish.audit.site import Site

Check = Callable[[Site], Iterator[Found]]

CHECKS: Mapping[str, tuple[Check, ...]] = {
    "A-01": (data.open_and_linked,),
    "A-02": (vocabulary.names_of_things, vocabulary.policy_is_written),
    "A-03": (pages.things_are_not_documents, pages.iris_lead_to_page_and_rdf, hosting.redirects),
    "A-04": (pages.formats_beside_pages, pages.formats_say_the_same, hosting.negotiation),
    "A-05": (hosting.profiles,),
    "A-06": (vocabulary.required_metadata,),
    "A-07": (vocabulary.recommended_metadata,),
    "A-08": (vocabulary.licence,),
    "A-09": (vocabulary.version,),
    "A-10": (vocabulary.persistent,),
    "A-11": (vocabulary.findable,),
    "A-12": (vocabulary.labels_and_definitions,),
    "A-13": (vocabulary.reuse,),
    "A-14": (pages.documentation_is_there, pages.links_lead_somewhere),
    "A-15": (vocabulary.provenance_metadata,),
    "A-16": (vocabulary.pitfalls,),
    "A-17": (catalogue.dcat_ap,),
    "A-18": (catalogue.licences,),
    "A-19": (catalogue.attribution,),
    "A-20": (catalogue.geocoding,),
    "A-21": (catalogue.contributor,),
    "A-22": (catalogue.languages_and_formats,),
    "A-23": (catalogue.official_shapes,),
    "A-24": (catalogue.void,),
    "A-25": (catalogue.service_description,),
    "A-26": (catalogue.endpoint_named,),
    "A-27": (catalogue.prefixes_and_examples,),
    "A-28": (hosting.cross_origin,),
    "A-29": (pages.signposts,),
    "A-30": (pages.structured_data,),
    "A-31": (pages.site_map, pages.canonical_and_twins),
    "A-32": (data.best_practices,),
    "A-33": (data.contact,),
    "A-34": (vocabulary.versioning,),
    "A-35": (vocabulary.shapes,),
    "A-36": (data.named_nodes,),
    "A-37": (data.dumps,),
    "A-38": (hosting.basics,),
    "A-39": (pages.languages_and_access,),
}

# What only a server can answer, in place of the rules files that a folder holds.
_ASKED: Mapping[Check, Check] = {
    hosting.redirects: live.redirects,
    hosting.negotiation: live.negotiation,
    hosting.cross_origin: live.cross_origin,
    hosting.basics: live.basics,
    hosting.profiles: live.profiles,
    catalogue.service_description: live.service_description,
}


def checks_of(number: str, *, live: bool) -> tuple[Check, ...]:
    """The checks of a convention, for a folder or for an address.

    >>> checks_of("A-28", live=True) == checks_of("A-28", live=False)
    False
    """
    return tuple(_ASKED.get(check, check) if live else check for check in CHECKS[number])
