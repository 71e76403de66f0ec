"""`python -m backends.devices` prints why torch can't use a GPU here, or nothing: for who must not load torch."""

from backends.devices import why_unusable

print(why_unusable())
