"""`make bench`: prints the tables of docs/performance.md, measured here and now."""

from bench import crm, weight

print("Page weight: a login page's first visit, compressed as it is served\n")  # noqa: T201
print(weight.table(weight.measure()))  # noqa: T201
print("\nThe CRM: bringing contacts, and finding them\n")  # noqa: T201
print(f"{crm.table(crm.measure())}\n\n{crm.seek_table(crm.seek())}")  # noqa: T201
