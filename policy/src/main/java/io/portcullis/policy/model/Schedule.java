package io.portcullis.policy.model;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * When a policy is active: whenever a clock on the wall of its zone shows a time in one of its windows. So where clocks are put forward, a
 * time that they skip is never, and a window in which they are put forward is shorter by that; where they are put back, a time that they show
 * twice is twice. Days and dates are those on which a window begins: one over midnight goes on into the day after the last.
 *
 * <p>Immutable; a pure function of the time and of the rules for time zones of the Java platform that runs.
 *
 * @param days on which windows begin; never empty
 * @param windows never empty; may overlap
 * @param from first date on which a window begins; null for no first
 * @param until last date on which a window begins; null for no last
 */
public record Schedule(
        ZoneId zone,
        Set<DayOfWeek> days,
        List<TimeWindow> windows,
        @Nullable LocalDate from,
        @Nullable LocalDate until) {
    /** Days after which a schedule without dates has done all that it ever does; longer than a change of the clocks hides a window of a week. */
    private static final int CYCLE_DAYS = 21;

    public Schedule {
        days = days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : EnumSet.copyOf(days);
        days = Collections.unmodifiableSet(days);
        windows = windows.isEmpty() ? List.of(TimeWindow.WHOLE_DAY) : List.copyOf(windows);
    }

    /** On all days, without end. */
    public static Schedule daily(String zone, String... windows) {
        return new Schedule(
                ZoneId.of(zone),
                Set.of(),
                List.of(windows).stream().map(TimeWindow::parse).toList(),
                null,
                null);
    }

    public Schedule on(DayOfWeek... someDays) {
        return new Schedule(zone, Set.of(someDays), windows, from, until);
    }

    public Schedule between(@Nullable LocalDate first, @Nullable LocalDate last) {
        return new Schedule(zone, days, windows, first, last);
    }

    public boolean activeAt(Instant time) {
        LocalDateTime clock = LocalDateTime.ofInstant(time, zone);
        LocalDate today = clock.toLocalDate();
        // in seconds: a clock's offset may have some
        int second = clock.toLocalTime().toSecondOfDay();
        for (TimeWindow window : windows) {
            int start = window.startMinute() * 60;
            int end = window.endMinute() * 60;
            boolean isOfToday = second >= start && (second < end || window.endsNextDay());
            boolean isOfYesterday = window.endsNextDay() && second < end;
            if ((isOfToday && beginsOn(today)) || (isOfYesterday && beginsOn(today.minusDays(1)))) {
                return true;
            }
        }
        return false;
    }

    private boolean beginsOn(LocalDate date) {
        return days.contains(date.getDayOfWeek())
                && (from == null || !date.isBefore(from))
                && (until == null || !date.isAfter(until));
    }

    /** The first instant after this one at which it is active and was not, or the other way round; null if there is none. */
    public @Nullable Instant nextChange(Instant after) {
        LocalDate today = LocalDate.ofInstant(after, zone);
        Instant next = nextChange(after, today.minusDays(1), today.plusDays(CYCLE_DAYS));
        if (next == null && from != null && from.isAfter(today)) {
            next = nextChange(after, from.minusDays(1), from.plusDays(CYCLE_DAYS));
        }
        if (next == null && until != null && until.isAfter(today)) {
            next = nextChange(after, until.minusDays(CYCLE_DAYS), until.plusDays(1));
        }
        return next;
    }

    /** The same, among what begins on these dates. */
    private @Nullable Instant nextChange(Instant after, LocalDate first, LocalDate last) {
        boolean before = activeAt(after);
        SortedSet<Instant> candidates = candidates(first);
        for (LocalDate date = first; !date.isAfter(last); date = date.plusDays(1)) {
            // clocks that are put back over midnight show the end of a day after the beginning of the next
            SortedSet<Instant> following = candidates(date.plusDays(1));
            candidates.addAll(following);
            for (Instant candidate : candidates.tailSet(after)) {
                if (candidate.isAfter(after) && activeAt(candidate) != before) {
                    return candidate;
                }
            }
            candidates = following;
        }
        return null;
    }

    /** In order: whenever on that date a clock shows the beginning or the end of a window, or is put forward or back. */
    private SortedSet<Instant> candidates(LocalDate date) {
        SortedSet<Instant> found = new TreeSet<>();
        LocalDateTime midnight = date.atStartOfDay();
        for (TimeWindow window : windows) {
            add(found, midnight.plusMinutes(window.startMinute()));
            add(found, midnight.plusMinutes(window.endMinute() % TimeWindow.MINUTES_PER_DAY));
        }
        add(found, midnight);
        ZoneRules rules = zone.getRules();
        Instant end = latest(date.plusDays(1).atStartOfDay());
        ZoneOffsetTransition transition =
                rules.nextTransition(earliest(midnight).minusSeconds(1));
        while (transition != null && transition.getInstant().isBefore(end)) {
            found.add(transition.getInstant());
            transition = rules.nextTransition(transition.getInstant());
        }
        return found;
    }

    private void add(Set<Instant> found, LocalDateTime clock) {
        for (ZoneOffset offset : zone.getRules().getValidOffsets(clock)) {
            found.add(clock.toInstant(offset));
        }
    }

    private Instant earliest(LocalDateTime clock) {
        return ZonedDateTime.of(clock, zone).withEarlierOffsetAtOverlap().toInstant();
    }

    private Instant latest(LocalDateTime clock) {
        return ZonedDateTime.of(clock, zone).withLaterOffsetAtOverlap().toInstant();
    }

    /** For people, like {@code MONDAY, FRIDAY 22:00-06:00 Europe/Berlin}. */
    @Override
    public String toString() {
        String on = days.size() == DayOfWeek.values().length
                ? "daily"
                : String.join(", ", days.stream().map(DayOfWeek::name).toList());
        String at = String.join(", ", windows.stream().map(TimeWindow::toString).toList());
        return on + " " + at + " " + zone + (from == null ? "" : " from " + from)
                + (until == null ? "" : " until " + until);
    }
}
