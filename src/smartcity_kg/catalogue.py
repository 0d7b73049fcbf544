"""The description of the data for catalogues: DCAT and VoID (layer 2)."""
