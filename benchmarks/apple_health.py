"""Memory and time of an Apple Health export, against reading its bytes and no more.

    python benchmarks/apple_health.py [MEGABYTES]

Writes an export of that size (heart rate every five minutes, as a watch does, body mass and sleep
daily), streams it, and prints the memory above the start and the time as a ratio to counting the
file's lines.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from analysis.ingest.covariates import read_covariates

HEAD = (
    '<?xml version="1.0"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData ANY>\n]>\n<HealthData>\n'
)
BEAT = (
    ' <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" sourceVersion="9.1" '
    'device="&lt;&lt;HKDevice: 0x1&gt;, name:Watch&gt;" unit="count/min" creationDate="{at}" '
    'startDate="{at}" endDate="{at}" value="{beats}">\n'
    '  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="0"/>\n </Record>\n'
)
DAY = (
    ' <Record type="HKQuantityTypeIdentifierBodyMass" sourceName="Scale" unit="kg" '
    'startDate="{at}" endDate="{at}" value="{mass}"/>\n'
    ' <Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="Watch" startDate="{at}" '
    'endDate="{woke}" value="HKCategoryValueSleepAnalysisAsleepCore"/>\n'
)
FORM = "%Y-%m-%d %H:%M:%S +0100"


def write(path: Path, megabytes: float) -> int:
    """Write an export; return its days."""
    written = number = 0
    with path.open("w") as file:
        file.write(HEAD)
        while written < megabytes * 1e6:
            moment = datetime(2010, 1, 1) + timedelta(minutes=5 * number)
            text = BEAT.format(at=moment.strftime(FORM), beats=60 + number % 40)
            if number % 288 == 0:
                woke = (moment + timedelta(hours=7)).strftime(FORM)
                text += DAY.format(at=moment.strftime(FORM), woke=woke, mass=80 + number % 7 / 10)
            written += file.write(text)
            number += 1
        file.write("</HealthData>\n")
    return -(-number // 288)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print memory and time."""
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.xml"), Path(folder, "export.xml")
        write(small, 0.1)
        days = write(large, megabytes)
        read_covariates(small)  # everything that is loaded once
        began = time.perf_counter()
        with large.open("rb") as file:
            lines = sum(1 for _ in file)
        counting = time.perf_counter() - began
        before, began = peak_mb(), time.perf_counter()
        table = read_covariates(large).table
        took, above = time.perf_counter() - began, peak_mb() - before
    masses = table.filter(name="body_mass_kg").height
    print(f"{megabytes:g} MB, {lines:,} lines, {masses:,} of {days:,} days with body mass")
    print(f"memory above the start: {above:.1f} MB")
    print(f"time: {took:.1f} s, {took / counting:.0f} times counting its lines")


if __name__ == "__main__":
    main()
