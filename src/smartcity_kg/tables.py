"""Tables of the data, from the queries of the topic `tables` (layer 2)."""
