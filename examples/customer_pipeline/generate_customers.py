"""Writes one file of 10,000 made-up customers, as the notebooks beside such pipelines do. Needs: pip install faker"""

import csv
from datetime import datetime
from pathlib import Path

from faker import Faker

ROWS = 10_000
COLUMNS = ["customer_id", "first_name", "last_name", "email", "street", "city", "state", "country"]


def main():
    fake = Faker()
    folder = Path("FakeDataset")
    folder.mkdir(exist_ok=True)
    path = folder / datetime.now().strftime("customer_%Y%m%d%H%M%S.csv")
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        for customer_id in range(ROWS):
            writer.writerow({
                "customer_id": customer_id,
                "first_name": fake.first_name(),
                "last_name": fake.last_name(),
                "email": fake.email(),
                "street": fake.street_address(),
                "city": fake.city(),
                "state": fake.state(),
                "country": fake.country(),
            })
    print(path)


if __name__ == "__main__":
    main()
