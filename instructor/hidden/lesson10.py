"""Hidden cases of lesson 10: other people in other parts."""

from course_lib.check.exercise import case


def shared_patients(random):
    """A list of cases for each property."""
    numbers = random.choice(9000, 40, replace=False) + 1000
    days = random.choice(9000, 40, replace=False) + 1000
    people = [f"TCGA_{random.choice(['CS', 'DU', 'FG', 'HT'])}_{number}" for number in numbers]
    folders = iter([f"{person}_199{day % 10}{day:04d}" for person, day in zip(people, days, strict=True)])

    def some(count):
        return [next(folders) for _ in range(count)]

    def again(folder):
        return folder.rsplit("_", 1)[0] + f"_200{random.integers(10)}{random.integers(1000, 9999)}"

    def namesake(folder):
        """Another hospital's patient of the same number."""
        _, hospital, number, day = folder.split("_")
        return f"TCGA_{'EZ' if hospital != 'EZ' else 'CS'}_{number}_{day}"

    a, b, c, d = some(4)
    e, f, g, h, i, j = some(6)
    k, m, n, o, p = some(5)
    q, r, s, t = some(4)
    return [
        [case([a, b], [c, namesake(b)], [d, namesake(a)]), case([namesake(d), c], [a], [d])],
        [case([e, f, g], [h], [i, j, f]), case([k, m], [n], [m, o, p])],
        [
            case([e, f, g], [h, e], [i, j]),
            case([k, m], [n, o, p], [p, q, n]),
            case([r, s], [t, s, r], [s, t, a]),
        ],
        [case([e, f], [g, h], [again(e), i]), case([k, m, n], [again(k), o], [p]), case([q, r], [s], [t, again(r)])],
    ]


HIDDEN = {"shared_patients": shared_patients}
