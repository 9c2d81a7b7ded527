"""The front door: every public name and its home. `import analysis as lab`."""

from analysis.ingest import read as read
from analysis.ingest.joined import join as join
from analysis.legs.audit import leg_audit as leg_audit
from analysis.legs.claims import claims as claims
from analysis.legs.evidence import evidence as evidence
from analysis.legs.plan import plan as plan
from analysis.legs.routine import read_routine as read_routine
from analysis.logbook import Logbook as Logbook
from analysis.measures.balance import balance as balance
from analysis.measures.day_strength import e1rm as e1rm
from analysis.measures.frequency import frequency as frequency
from analysis.measures.growth import growth_of as growth_of
from analysis.measures.intensity import intensity as intensity
from analysis.measures.mapping import mapping_audit as mapping_audit
from analysis.measures.recent import coverage as coverage
from analysis.measures.recent import loading as loading
from analysis.measures.recent import recent as recent
from analysis.measures.recovery import recovery as recovery
from analysis.measures.technique import technique as technique
from analysis.measures.volume import sensitivity as sensitivity
from analysis.measures.volume import volume as volume
from analysis.measures.weekly import weekly as weekly
from analysis.measures.working import working as working
from analysis.models.cohort import cohort as cohort
from analysis.models.dose import dose_response as dose_response
from analysis.models.dose.logs import panel as panel
from analysis.models.hypothesis import read_plan as read_plan
from analysis.models.hypothesis.results import results
from analysis.models.hypothesis.run import run
from analysis.models.mixed import MixedFit as MixedFit
from analysis.models.mixed import fit
from analysis.models.strength import forecast as forecast
from analysis.models.strength import shifts as shifts
from analysis.models.strength import strength as strength
from analysis.pages.clients import load
from analysis.pseudonyms import anonymise as anonymise
from analysis.report import Report as Report
from analysis.result import Result as Result
from analysis.signals.flags import find
from analysis.signals.flags import flags as flags
from analysis.signals.triage import triage as triage

__version__: str

findings = find
mixed = fit
plan_results = results
read_clients = load
run_plan = run
