"""Writes one file of made-up customers into ./FakeDataset and prints its path, as the notebooks beside such pipelines do:

    python3 generate_customers.py [ROWS]

With `pip install faker` the names are Faker's; without it they are put together from a few words.
"""
import csv
import random
import sys
from datetime import datetime
from pathlib import Path

try:
    from faker import Faker
except ImportError:
    Faker = None

COLUMNS = ["customer_id", "first_name", "last_name", "email", "street", "city", "state", "country"]


def faker_customer(fake):
    return [fake.first_name(), fake.last_name(), fake.email(), fake.street_address(), fake.city(), fake.state(), fake.country()]


def plain_customer(pick):
    first = pick(["Ada", "Blaise", "Carl", "Dorothy", "Emmy", "Grace", "José", "Zoë"])
    last = pick(["Adams", "Brown", "Garcia", "Meyer", "Nguyen", "O'Neil", "Smith"])
    street = f"{pick(range(1, 999))} {pick(['Oak', 'Lake', 'Mill'])} {pick(['Street', 'Road'])} Apt. {pick(range(1, 99))}"
    city = pick(["Springfield", "Lakeside", "New Haven"])
    return [first, last, f"{first}.{last[:5]}{pick(range(99))}@example.com".lower(), street, city, pick(["Ohio", "Texas", "Maine"]), pick(["Chile", "Ghana", "Nepal"])]


def main(rows):
    if Faker:
        fake = Faker()
        customer = lambda: faker_customer(fake)
    else:
        customer = lambda: plain_customer(random.choice)
    folder = Path("FakeDataset")
    folder.mkdir(exist_ok=True)
    path = folder / datetime.now().strftime("customer_%Y%m%d%H%M%S.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for customer_id in range(rows):
            writer.writerow([customer_id, *customer()])
    print(path)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
