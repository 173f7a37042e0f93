package io.portcullis.policy.model;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Schedules, expiries and times of a few days, in zones whose clocks are put forward or back in them, or skip a day. */
public final class RandomTimes {
    /** Just before the clocks of Berlin are put back; those of St. John's followed at one minute past midnight. */
    public static final Instant START = Instant.parse("2009-10-24T12:00:00Z");

    private static final int DAYS = 12;
    private static final List<String> ZONES =
            List.of("Europe/Berlin", "America/St_Johns", "America/Havana", "Asia/Kolkata", "UTC", "+05:45");

    private final Random random;

    public RandomTimes(Random random) {
        this.random = random;
    }

    public Schedule schedule() {
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        for (DayOfWeek day : DayOfWeek.values()) {
            if (random.nextBoolean()) {
                days.add(day);
            }
        }
        List<TimeWindow> windows = new ArrayList<>();
        for (int count = random.nextInt(4); count > 0; count--) {
            windows.add(window());
        }
        LocalDate from = date();
        LocalDate until = date();
        boolean isOrdered = from == null || until == null || !until.isBefore(from);
        return new Schedule(
                ZoneId.of(ZONES.get(random.nextInt(ZONES.size()))), days, windows, from, isOrdered ? until : null);
    }

    private TimeWindow window() {
        // about midnight, where most can go wrong, and anywhere
        int start = random.nextBoolean() ? random.nextInt(24 * 60) : (23 * 60 + random.nextInt(240)) % (24 * 60);
        int end = 1 + (start + random.nextInt(random.nextBoolean() ? 120 : 1_438)) % (24 * 60);
        return end == start ? TimeWindow.WHOLE_DAY : new TimeWindow(start, end);
    }

    private @Nullable LocalDate date() {
        return random.nextInt(4) != 0
                ? null
                : LocalDate.ofInstant(START, ZoneId.of("UTC")).plusDays(random.nextInt(DAYS));
    }

    public @Nullable Schedule anySchedule() {
        return random.nextInt(6) == 0 ? schedule() : null;
    }

    public @Nullable Instant anyExpiry() {
        return random.nextInt(8) == 0 ? time() : null;
    }

    public Instant time() {
        return START.plus(Duration.ofMinutes(random.nextInt(DAYS * 24 * 60)));
    }

    /** Seldom earlier than the one before. */
    public Instant after(Instant before) {
        return random.nextInt(8) == 0 || before.isBefore(START)
                ? time()
                : before.plus(Duration.ofMinutes(1 + random.nextInt(600)));
    }
}
