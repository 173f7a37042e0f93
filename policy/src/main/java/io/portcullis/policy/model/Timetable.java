package io.portcullis.policy.model;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * When which policies that hold for a tenant, enforced or staged, put other rules into tables by the time alone. Goes from one model to the next in time that grows
 * with what is different. One thread.
 */
public final class Timetable {
    /** A policy by name, or what is staged for it. */
    public record Subject(String name, boolean staged) {
        /** Null if there is none. */
        public @Nullable SecurityPolicy in(TenantModel model) {
            if (!staged) {
                return model.policy(name);
            }
            StagedPolicy after = model.staged().get(name);
            return after == null ? null : after.policy();
        }
    }

    private record Entry(Instant at, Subject subject) {
        private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::at)
                .thenComparing(entry -> entry.subject().name())
                .thenComparing(entry -> entry.subject().staged());
    }

    private final TreeSet<Entry> entries = new TreeSet<>(Entry.ORDER);
    private final Map<Subject, Entry> bySubject = new HashMap<>();
    private Instant time = Instant.EPOCH;

    /**
     * Goes over to another model.
     *
     * @param delta {@link ModelDelta#withProvider}
     * @return the policies that may have other rules in tables because the time is another one, those among them that were changed
     */
    public Set<Subject> update(ModelDelta delta, TenantModel next) {
        Set<Subject> due = new LinkedHashSet<>();
        if (next.time().isBefore(time)) {
            // what is known is when things change after the present: look at all
            next.allPolicies().forEach(policy -> due.add(new Subject(policy.name(), false)));
            next.staged().keySet().forEach(name -> due.add(new Subject(name, true)));
        } else {
            for (Entry entry : entries) {
                if (entry.at().isAfter(next.time())) {
                    break;
                }
                due.add(entry.subject());
            }
        }
        time = next.time();
        due.forEach(subject -> enter(subject, next));
        delta.policies().forEach(change -> enter(new Subject(change.name(), false), next));
        delta.staged().forEach(change -> enter(new Subject(change.name(), true), next));
        return due;
    }

    private void enter(Subject subject, TenantModel model) {
        Entry before = bySubject.remove(subject);
        if (before != null) {
            entries.remove(before);
        }
        SecurityPolicy policy = subject.in(model);
        Instant at = policy == null ? null : policy.nextChange(time);
        if (at != null) {
            Entry entry = new Entry(at, subject);
            bySubject.put(subject, entry);
            entries.add(entry);
        }
    }

    /** The first instant after the model's time at which other rules may be in tables; null if there is none. */
    public @Nullable Instant next() {
        return entries.isEmpty() ? null : entries.first().at();
    }
}
