"""What a coach would want to hear about an athlete this week: thresholds, detectors, triage."""
