"""`make bench`: prints the tables of docs/performance.md, measured here and now."""

from bench import weight

print("Page weight: a login page's first visit, compressed as it is served\n")  # noqa: T201
print(weight.table(weight.measure()))  # noqa: T201
