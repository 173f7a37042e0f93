package io.portcullis.policy.analyze;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The different values that one part of all rules has (sources, say), numbered, and which of them hold or meet which. Each is asked
 * about once, not once a rule. Filled, then {@linkplain #index() indexed}, then asked; one thread.
 */
final class Components<T> {
    /**
     * What values are compared by.
     *
     * @param projection numbers such that values whose numbers do not meet do not meet, and one that covers another has its numbers
     * @param isExact whether values meet if and only if their numbers do
     */
    record Algebra<T>(
            Function<T, NumberSet> projection, boolean isExact, BiPredicate<T, T> covers, BiPredicate<T, T> meets) {}

    /** Intervals that are looked at for a rare number. */
    private static final int MAX_TRIED = 32;

    private final Algebra<T> algebra;
    private final Map<T, Integer> ids = new HashMap<>();
    private final List<T> values = new ArrayList<>();
    private IntervalIndex index = new IntervalIndex(List.of());
    private @Nullable Relation[] covering = {};
    private @Nullable Relation[] meeting = {};
    /** When each was seen last, to list none twice. */
    private int[] seen = {};

    private int now;
    private final int[] listing = new int[AnalysisLimits.MAX_LISTED];
    private int found;

    Components(Algebra<T> algebra) {
        this.algebra = algebra;
    }

    static Components<NumberSet> ofSets() {
        return new Components<>(new Algebra<>(set -> set, true, NumberSet::containsAll, NumberSet::intersects));
    }

    int idOf(T value) {
        return ids.computeIfAbsent(value, added -> {
            values.add(added);
            return values.size() - 1;
        });
    }

    T value(int id) {
        return values.get(id);
    }

    void index() {
        index = new IntervalIndex(values.stream().map(algebra.projection()).toList());
        covering = new Relation[values.size()];
        meeting = new Relation[values.size()];
        seen = new int[values.size()];
    }

    boolean covers(int holder, int held) {
        return holder == held || algebra.covers().test(value(holder), value(held));
    }

    boolean meets(int one, int other) {
        return one == other || algebra.meets().test(value(one), value(other));
    }

    /** Those that hold all of this one, itself among them. */
    Relation covering(int id) {
        Relation known = covering[id];
        if (known == null) {
            // who holds all of it holds its rarest number
            long rarest = rarest(value(id));
            int[] candidates = list(NumberSet.single(rarest));
            known = candidates == null
                    ? Relation.asked(other -> covers(other, id))
                    : Relation.listed(Arrays.stream(candidates)
                            .filter(other -> covers(other, id))
                            .toArray());
            covering[id] = known;
        }
        return known;
    }

    /** Those that have something in common with this one, itself among them. */
    Relation meeting(int id) {
        Relation known = meeting[id];
        if (known == null) {
            known = meeting(value(id));
            meeting[id] = known;
        }
        return known;
    }

    /** As {@link #meeting(int)}, of any value. */
    Relation meeting(T value) {
        int[] candidates = list(algebra.projection().apply(value));
        if (candidates == null) {
            return Relation.asked(other -> algebra.meets().test(value(other), value));
        }
        return Relation.listed(
                algebra.isExact()
                        ? candidates
                        : Arrays.stream(candidates)
                                .filter(other -> algebra.meets().test(value(other), value))
                                .toArray());
    }

    /** A number of the value that few others have. */
    long rarest(T value) {
        NumberSet numbers = algebra.projection().apply(value);
        long rarest = numbers.greatest();
        int least = index.count(rarest);
        int stride = 1 + numbers.intervals() / MAX_TRIED;
        for (int i = 0; i < numbers.intervals() && least > 1; i += stride) {
            for (long candidate : new long[] {numbers.first(i), numbers.last(i)}) {
                int count = index.count(candidate);
                if (count < least) {
                    least = count;
                    rarest = candidate;
                }
            }
        }
        return rarest;
    }

    private int @Nullable [] list(NumberSet numbers) {
        now++;
        found = 0;
        for (int i = 0; i < numbers.intervals(); i++) {
            if (!index.visit(numbers.first(i), numbers.last(i), this::note)) {
                return null;
            }
        }
        int[] list = Arrays.copyOf(listing, found);
        Arrays.sort(list);
        return list;
    }

    private boolean note(int id) {
        if (seen[id] != now) {
            seen[id] = now;
            if (found == listing.length) {
                return false;
            }
            listing[found++] = id;
        }
        return true;
    }
}
