package io.portcullis.migration.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds a short list of acts with which a plan still fails, by delta debugging: leaves out halves, quarters, and so on. */
final class Shrinker {
    private final Set<Mutant> mutants;

    Shrinker(Set<Mutant> mutants) {
        this.mutants = mutants;
    }

    /** A plan that fails too, from which no single act can be left out. */
    Plan shrink(Plan failing) {
        List<Act> acts = failing.acts();
        int size = Math.max(1, acts.size() / 2);
        while (true) {
            List<Act> shorter = shorter(failing, acts, size);
            if (shorter != null) {
                acts = shorter;
            } else if (size == 1) {
                return failing.with(acts);
            } else {
                size = Math.max(1, size / 2);
            }
        }
    }

    /** The acts without some that follow each other, if that fails; else null. */
    private @org.jspecify.annotations.Nullable List<Act> shorter(Plan plan, List<Act> acts, int size) {
        for (int from = 0; from < acts.size(); from += size) {
            List<Act> less = new ArrayList<>(acts);
            less.subList(from, Math.min(acts.size(), from + size)).clear();
            if (Simulation.run(plan.with(less), mutants, false).violation() != null) {
                return less;
            }
        }
        return null;
    }

    /** What went wrong, the acts that suffice for it, and what happened in that run. */
    static String explain(Plan failing, Set<Mutant> mutants) {
        Plan shortest = new Shrinker(mutants).shrink(failing);
        Simulation.Result result = Simulation.run(shortest, mutants, true);
        StringBuilder text = new StringBuilder("seed " + failing.seed() + ": " + result.violation() + "\n");
        shortest.acts().forEach(act -> text.append("  ").append(act).append('\n'));
        result.trace().forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
