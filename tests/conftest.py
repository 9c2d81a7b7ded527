"""Property tests draw the same examples every time, and are never timed: CI machines differ."""

from hypothesis import settings

settings.register_profile("liftdose", deadline=None, derandomize=True)
settings.load_profile("liftdose")
