CREATE TABLE workouts(id integer primary key autoincrement, date text not null, time text not null, exercise_id integer not null, exercise text not null, type text not null, comment text);
CREATE TABLE exercises(id integer primary key autoincrement, exercise text not null, type text not null, comment text);
CREATE TABLE reps(id integer primary key autoincrement, date_id integer not null, weight double not null, rep integer not null);
CREATE TABLE cardio(id integer primary key autoincrement, date_id integer not null, time text, distance double, heart integer, calories double);
CREATE TABLE weight(id integer primary key autoincrement, date_id integer not null, weight text);
CREATE TABLE exercisetoroutine(id integer primary key autoincrement, routine_id integer not null, order_id integer not null, exercise text not null, exercise_id integer not null, linked boolean not null, position text not null, type text not null);
INSERT INTO workouts VALUES
  (1, '2017-05-19', '23:08', 119, 'Squat', 'strength', ''),
  (2, '2017-05-20', '00:12', 26, 'Deadlift', 'strength', 'Lower back tired'),
  (3, '2017-05-20', '06:30', 143, 'Weight', 'weight', ''),
  (4, '2017-05-20', '18:00', 21, 'Chin-Ups', 'strength', NULL);
INSERT INTO reps VALUES (1, 1, 135.0, 5), (2, 1, 145.0, 5), (3, 2, 225.0, 5), (4, 4, 0.0, 8), (5, 9, 100.0, 3);
INSERT INTO weight VALUES (1, 3, '172.2');
INSERT INTO workouts VALUES (5, '2017-05-20', '18:20', 50, 'Rowing', 'cardio', '');
INSERT INTO cardio VALUES (1, 5, '00:20:00', 4.0, 0, 0);
