package io.portcullis.policy.model;

import static java.time.DayOfWeek.FRIDAY;
import static java.time.DayOfWeek.MONDAY;
import static java.time.DayOfWeek.SUNDAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    private static final int SCHEDULES = 300;

    @Test
    void shouldBeActiveFromTheFirstMinuteOfAWindowUntilBeforeItsEnd() {
        Schedule office = Schedule.daily("Europe/Berlin", "08:00-18:00").on(MONDAY);

        assertThat(office.activeAt(Instant.parse("2026-11-30T06:59:59Z"))).isFalse();
        assertThat(office.activeAt(Instant.parse("2026-11-30T07:00:00Z"))).isTrue();
        assertThat(office.activeAt(Instant.parse("2026-11-30T16:59:59.999Z"))).isTrue();
        assertThat(office.activeAt(Instant.parse("2026-11-30T17:00:00Z"))).isFalse();
        assertThat(changes(office, "2026-11-30T00:00:00Z", 3))
                .containsExactly("2026-11-30T07:00:00Z", "2026-11-30T17:00:00Z", "2026-12-07T07:00:00Z");
    }

    @Test
    void shouldGoOnOverMidnightIntoADayThatIsNotItsOwn() {
        Schedule night = Schedule.daily("UTC", "22:00-06:00")
                .on(FRIDAY)
                .between(LocalDate.parse("2026-12-04"), LocalDate.parse("2026-12-11"));

        assertThat(changes(night, "2026-01-01T00:00:00Z", 9))
                .containsExactly(
                        "2026-12-04T22:00:00Z", "2026-12-05T06:00:00Z", "2026-12-11T22:00:00Z", "2026-12-12T06:00:00Z");
        assertThat(night.activeAt(Instant.parse("2026-12-04T05:00:00Z"))).isFalse();
    }

    @Test
    void shouldEndAtMidnightAndJoinWhatBeginsThere() {
        assertThat(changes(Schedule.daily("UTC", "20:00-24:00"), "2026-12-01T12:00:00Z", 2))
                .containsExactly("2026-12-01T20:00:00Z", "2026-12-02T00:00:00Z");
        assertThat(changes(Schedule.daily("UTC", "20:00-24:00", "00:00-02:00"), "2026-12-01T12:00:00Z", 2))
                .containsExactly("2026-12-01T20:00:00Z", "2026-12-02T02:00:00Z");
        assertThat(TimeWindow.parse("20:00-00:00")).isEqualTo(TimeWindow.parse("20:00-24:00"));
    }

    @Test
    void shouldNeverShowATimeThatClocksSkip() {
        // on 29 March 2026 clocks in Berlin go from 02:00 to 03:00, which is 01:00 UTC
        assertThat(changes(Schedule.daily("Europe/Berlin", "02:15-02:45"), "2026-03-28T12:00:00Z", 1))
                .containsExactly("2026-03-30T00:15:00Z");
        assertThat(changes(Schedule.daily("Europe/Berlin", "01:00-02:30"), "2026-03-29T00:00:00Z", 1))
                .containsExactly("2026-03-29T01:00:00Z");
        assertThat(changes(Schedule.daily("Europe/Berlin", "02:30-04:00"), "2026-03-28T12:00:00Z", 2))
                .containsExactly("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z");
    }

    @Test
    void shouldShowATimeTwiceThatClocksShowTwice() {
        // on 25 October 2026 clocks in Berlin go from 03:00 back to 02:00, which is 01:00 UTC
        assertThat(changes(Schedule.daily("Europe/Berlin", "02:15-02:45"), "2026-10-24T12:00:00Z", 4))
                .containsExactly(
                        "2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z");
        assertThat(changes(Schedule.daily("Europe/Berlin", "22:00-04:00"), "2026-10-24T12:00:00Z", 2))
                .containsExactly("2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z");
    }

    @Test
    void shouldFollowClocksThatArePutBackOverMidnight() {
        // on 1 November 2009 clocks in St. John's went from 00:01 back to 23:01 of the day before
        assertThat(changes(Schedule.daily("America/St_Johns", "23:30-23:45"), "2009-10-31T12:00:00Z", 4))
                .containsExactly(
                        "2009-11-01T02:00:00Z", "2009-11-01T02:15:00Z", "2009-11-01T03:00:00Z", "2009-11-01T03:15:00Z");
    }

    @Test
    void shouldKnowThatADayWasSkipped() {
        // Samoa went from Thursday, 29 December 2011, to Saturday
        assertThat(changes(Schedule.daily("Pacific/Apia").on(FRIDAY), "2011-12-28T00:00:00Z", 1))
                .containsExactly("2012-01-05T10:00:00Z");
    }

    @Test
    void shouldFindChangesThatAreFarAwayAndNoneWhereThereIsNone() {
        Schedule always = Schedule.daily("Europe/Berlin", "00:00-12:00", "12:00-24:00");

        assertThat(changes(always, "2026-01-01T00:00:00Z", 1)).isEmpty();
        assertThat(changes(
                        always.between(LocalDate.parse("2100-01-01"), LocalDate.parse("9999-12-31")),
                        "2026-01-01T00:00:00Z",
                        3))
                .containsExactly("2099-12-31T23:00:00Z", "9999-12-31T23:00:00Z");
        assertThat(changes(
                        Schedule.daily("UTC")
                                .on(SUNDAY)
                                .between(LocalDate.parse("2026-12-01"), LocalDate.parse("2026-12-02")),
                        "2026-01-01T00:00:00Z",
                        1))
                .isEmpty();
    }

    /** Against a clock that is looked at every minute. */
    @Test
    void shouldChangeExactlyWhenAClockShowsOtherTimes() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("ScheduleTest: -Dportcullis.seed=" + seed);
        RandomTimes times = new RandomTimes(new Random(seed));
        int found = 0;
        for (int round = 0; round < SCHEDULES; round++) {
            Schedule schedule = times.schedule();
            Instant start = times.time();
            boolean isActive = isShown(schedule, start);
            Instant next = schedule.nextChange(start);
            for (int minute = 1; minute < 12 * 24 * 60; minute++) {
                Instant now = start.plus(Duration.ofMinutes(minute));
                boolean isShown = isShown(schedule, now);
                if (schedule.activeAt(now) != isShown) {
                    throw new AssertionError(
                            "seed " + seed + ": " + schedule + " at " + now + " is active: " + !isShown);
                }
                if (isShown != isActive) {
                    assertThat(next)
                            .as("seed %d: %s at %s", seed, schedule, now)
                            .isEqualTo(now);
                    next = schedule.nextChange(now);
                    isActive = !isActive;
                    found++;
                }
            }
            assertThat(next == null || !next.isBefore(start.plus(Duration.ofDays(12))))
                    .as("seed %d: %s at %s", seed, schedule, next)
                    .isTrue();
        }
        assertThat(found).isGreaterThan(SCHEDULES);
    }

    /** The definition, in the words of the documentation. */
    private static boolean isShown(Schedule schedule, Instant now) {
        ZonedDateTime clock = now.atZone(schedule.zone());
        return schedule.windows().stream()
                .anyMatch(window -> isShown(schedule, window, clock.toLocalDate(), clock.toLocalTime(), 0)
                        || isShown(schedule, window, clock.toLocalDate().minusDays(1), clock.toLocalTime(), 24));
    }

    private static boolean isShown(Schedule schedule, TimeWindow window, LocalDate begun, LocalTime clock, int hours) {
        int minute = hours * 60 + clock.toSecondOfDay() / 60;
        int end = window.endMinute() + (window.endMinute() <= window.startMinute() ? 24 * 60 : 0);
        LocalDate from = schedule.from();
        LocalDate until = schedule.until();
        return minute >= window.startMinute()
                && minute < end
                && schedule.days().contains(begun.getDayOfWeek())
                && (from == null || !begun.isBefore(from))
                && (until == null || !begun.isAfter(until));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8:00-18:00",
                "08:00",
                "08:00-18:60",
                "24:00-06:00",
                "08:00-24:01",
                "09:00-09:00",
                "00:00-00:00",
                "25:00-26:00",
                "08:00–18:00",
                "0x:00-18:00"
            })
    void shouldRefuseWhatIsNoWindow(String text) {
        assertThatThrownBy(() -> TimeWindow.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    /** At most that many. */
    private static List<String> changes(Schedule schedule, String after, int most) {
        List<String> found = new ArrayList<>();
        @Nullable Instant next = schedule.nextChange(Instant.parse(after));
        while (next != null && found.size() < most) {
            found.add(next.toString());
            next = schedule.nextChange(next);
        }
        return found;
    }
}
