# SPDX-License-Identifier: GPL-2.0-or-later
"""covering.py - a covering array: few rows in which each pair of values of any two factors occurs.

rows(factors) is greedy and the same each time: again and again the pair that is not covered yet and comes first is taken,
and the row is filled up with the values that cover most of the others that are left; ties go to the value that was used
least, then to the first.  uncovered(factors, rows) says what a list of rows misses."""
import itertools


def pairs(factors):
    names = list(factors)
    return {((a, x), (b, y)) for a, b in itertools.combinations(names, 2) for x in factors[a] for y in factors[b]}


def of_row(factors, row):
    return {((a, row[a]), (b, row[b])) for a, b in itertools.combinations(list(factors), 2)}


def uncovered(factors, rows_made):
    left = pairs(factors)
    for row in rows_made:
        left -= of_row(factors, row)
    return left


def rows(factors):
    left = pairs(factors)
    order = {((a, x), (b, y)): n for n, ((a, x), (b, y)) in enumerate(
        ((a, x), (b, y)) for a, b in itertools.combinations(list(factors), 2) for x in factors[a] for y in factors[b])}
    used = {(name, value): 0 for name in factors for value in factors[name]}
    made = []
    while left:
        row = dict(min(left, key=order.get))
        for name in factors:
            if name in row:
                continue

            def gain(value, name=name):
                new = sum(1 for other, chosen in row.items()
                          if ((other, chosen), (name, value)) in left or ((name, value), (other, chosen)) in left)
                return -new, used[(name, value)], list(factors[name]).index(value)

            row[name] = min(factors[name], key=gain)
        row = {name: row[name] for name in factors}
        for item in row.items():
            used[item] += 1
        left -= of_row(factors, row)
        made.append(row)
    return made
