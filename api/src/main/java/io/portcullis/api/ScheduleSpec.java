package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a policy is active: whenever a clock in that zone shows a time in one of the windows.
 *
 * @param timeZone for example {@code Europe/Berlin}, {@code UTC} or {@code +02:00}
 * @param days on which windows begin, as {@code MONDAY} or {@code MON}; none means all
 * @param windows like {@code 08:00-18:00}, or {@code 22:00-06:00} over midnight; none means whole days
 * @param from first date on which a window begins, as {@code 2027-01-31}
 * @param until last date on which a window begins
 */
public record ScheduleSpec(
        String timeZone,
        @Nullable List<String> days,
        @Nullable List<String> windows,
        @Nullable String from,
        @Nullable String until) {}
