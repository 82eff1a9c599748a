"""The REST side under load: how soon it answers, beside a handler that does nothing."""
