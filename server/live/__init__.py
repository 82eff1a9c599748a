"""Live play: the events of the protocol, one session, one connection, all of them."""
