"""The native core: C behind ``core.h``, one thin wrapper per C object."""
