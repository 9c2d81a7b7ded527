PRAGMA user_version = 22;
CREATE TABLE exercise (_id INTEGER PRIMARY KEY, name TEXT, exercise_type_id INTEGER);
CREATE TABLE training_log (_id INTEGER PRIMARY KEY, exercise_id INTEGER, date TEXT, metric_weight REAL,
  reps INTEGER, unit INTEGER, distance REAL, duration_seconds INTEGER);
CREATE TABLE Comment (_id INTEGER PRIMARY KEY, owner_type_id INTEGER, owner_id INTEGER, comment TEXT);
CREATE TABLE WorkoutGroupExercise (_id INTEGER PRIMARY KEY, exercise_id INTEGER, date TEXT, workout_group_id INTEGER);
CREATE TABLE WorkoutTime (_id INTEGER PRIMARY KEY, workout_date TEXT, start_date_time TEXT, end_date_time TEXT);
INSERT INTO exercise VALUES (1, 'Barbell Squat', 0), (2, 'Plank', 3), (3, 'Running', 1);
INSERT INTO training_log VALUES
  (1, 1, '2024-10-22', 40.82336184920758, 5, 0, 0, 0),
  (2, 2, '2024-10-21', 0, 0, 0, 0, 60),
  (3, 1, '2024-10-21', 80, 3, 0, 0, 0),
  (4, 3, '2024-10-22', 0, 0, 0, 5000, 1500);
INSERT INTO Comment VALUES (1, 1, 3, 'last one slow'), (2, 2, 1729468800000, 'of the day, not of a set');
INSERT INTO WorkoutGroupExercise VALUES (1, 1, '2024-10-21', 7), (2, 2, '2024-10-21', 7);
INSERT INTO WorkoutTime VALUES (1, '2024-10-21', '2024-10-21T16:34:00+02:00', '2024-10-21T18:40:00+02:00');
