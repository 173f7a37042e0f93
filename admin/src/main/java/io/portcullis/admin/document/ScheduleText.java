package io.portcullis.admin.document;

import io.portcullis.api.ScheduleSpec;
import io.portcullis.api.document.Nearest;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.TimeWindow;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads and writes when policies are active and rules expire. */
public final class ScheduleText {
    /** Characters of a day that say which one it is. */
    private static final int SHORT_DAY = 3;

    /** Without an offset, which {@link DateTimeFormatter#ISO_DATE_TIME} wants before a zone. */
    private static final Pattern CLOCK_IN_ZONE = Pattern.compile("(\\d{4}-\\d{2}-\\d{2})(T[0-9:.]+)?\\[([^]]+)]");

    private ScheduleText() {}

    /** Null if there is none, or a wrong one. */
    static @Nullable Schedule read(@Nullable ScheduleSpec spec, String path, Mistakes mistakes) {
        if (spec == null) {
            return null;
        }
        Optional<ZoneId> zone =
                mistakes.parsed(path + ".timeZone", spec.timeZone(), Optional.empty(), text -> Optional.of(zone(text)));
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        each(spec.days(), path + ".days", mistakes, ScheduleText::day).forEach(days::add);
        if (spec.days() != null && spec.days().isEmpty()) {
            mistakes.add(path + ".days", "no day is named", "name days, or leave the field out for all of them");
        }
        List<TimeWindow> windows = each(spec.windows(), path + ".windows", mistakes, TimeWindow::parse);
        if (spec.windows() != null && spec.windows().isEmpty()) {
            mistakes.add(
                    path + ".windows", "no window is named", "name windows, or leave the field out for whole days");
        }
        LocalDate from = date(spec.from(), path + ".from", mistakes);
        LocalDate until = date(spec.until(), path + ".until", mistakes);
        return zone.map(known -> new Schedule(known, days, windows, from, until))
                .orElse(null);
    }

    private interface Parser<T> {
        T parse(String text);
    }

    private static <T> List<T> each(@Nullable List<String> texts, String path, Mistakes mistakes, Parser<T> parser) {
        List<T> found = new ArrayList<>();
        List<String> all = ModelReader.orNone(texts);
        for (int index = 0; index < all.size(); index++) {
            mistakes.parsed(
                            path + "[" + index + "]",
                            all.get(index),
                            Optional.<T>empty(),
                            text -> Optional.of(parser.parse(text)))
                    .ifPresent(found::add);
        }
        return found;
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text.strip());
        } catch (DateTimeException unknown) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no time zone"
                            + Nearest.to(text, ZoneId.getAvailableZoneIds())
                                    .map(nearest -> "; did you mean " + nearest + "?")
                                    .orElse("; write for example Europe/Berlin, UTC or +02:00"),
                    unknown);
        }
    }

    private static DayOfWeek day(String text) {
        String upper = text.strip().toUpperCase(Locale.ROOT);
        for (DayOfWeek day : DayOfWeek.values()) {
            if (upper.equals(day.name()) || upper.equals(day.name().substring(0, SHORT_DAY))) {
                return day;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no day of the week; write MONDAY or MON");
    }

    private static @Nullable LocalDate date(@Nullable String text, String path, Mistakes mistakes) {
        return text == null
                ? null
                : mistakes.parsed(path, text, Optional.<LocalDate>empty(), date -> Optional.of(date(date)))
                        .orElse(null);
    }

    private static LocalDate date(String text) {
        try {
            return LocalDate.parse(text.strip());
        } catch (DateTimeParseException none) {
            throw new IllegalArgumentException("'" + text + "' is no date; write 2027-01-31", none);
        }
    }

    static @Nullable Instant expiry(@Nullable String text, String path, Mistakes mistakes) {
        return text == null
                ? null
                : mistakes.parsed(path, text, Optional.<Instant>empty(), time -> Optional.of(instant(time)))
                        .orElse(null);
    }

    /** An instant, a time of a zone, or the beginning of a day there; throws {@link IllegalArgumentException} that says what to write. */
    public static Instant instant(String text) {
        try {
            Matcher clock = CLOCK_IN_ZONE.matcher(text.strip());
            if (!clock.matches()) {
                return ZonedDateTime.parse(text.strip(), DateTimeFormatter.ISO_DATE_TIME)
                        .toInstant();
            }
            ZoneId zone = ZoneId.of(clock.group(3));
            return clock.group(2) == null
                    ? LocalDate.parse(clock.group(1)).atStartOfDay(zone).toInstant()
                    : LocalDateTime.parse(clock.group(1) + clock.group(2))
                            .atZone(zone)
                            .toInstant();
        } catch (DateTimeException none) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no time with its zone; write 2027-01-31T18:00:00Z,"
                            + " 2027-01-31T18:00[Europe/Berlin], or 2027-01-31[Europe/Berlin] for the beginning of"
                            + " the day",
                    none);
        }
    }

    static @Nullable ScheduleSpec spec(@Nullable Schedule schedule) {
        if (schedule == null) {
            return null;
        }
        boolean isDaily = schedule.days().size() == DayOfWeek.values().length;
        LocalDate from = schedule.from();
        LocalDate until = schedule.until();
        return new ScheduleSpec(
                schedule.zone().getId(),
                isDaily ? null : schedule.days().stream().map(DayOfWeek::name).toList(),
                schedule.windows().stream().map(TimeWindow::toString).toList(),
                from == null ? null : from.toString(),
                until == null ? null : until.toString());
    }
}
