package io.portcullis.policy.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a day, or of a night: from one time of the clock to another, which is of the next day if it is not later. Written
 * {@code 22:00-06:00}; a day ends at {@code 24:00}.
 *
 * @param startMinute of the day, from 0 to 1,439; belongs to the window
 * @param endMinute of the day, from 1 to 1,440; does not
 */
public record TimeWindow(int startMinute, int endMinute) {
    /** From midnight to midnight. */
    public static final TimeWindow WHOLE_DAY = new TimeWindow(0, 24 * 60);

    static final int MINUTES_PER_DAY = 24 * 60;

    private static final int MINUTES_PER_HOUR = 60;
    private static final Pattern TEXT =
            Pattern.compile("([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])");

    public TimeWindow {
        if (startMinute < 0
                || startMinute >= MINUTES_PER_DAY
                || endMinute < 1
                || endMinute > MINUTES_PER_DAY
                || startMinute == endMinute) {
            throw new IllegalArgumentException("no window: minutes " + startMinute + " to " + endMinute);
        }
    }

    /** Throws {@link IllegalArgumentException} that says what to write instead. */
    public static TimeWindow parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no window of time; write 08:00-18:00 or 22:00-06:00");
        }
        int start = minute(matcher.group(1), matcher.group(2));
        int end = minute(matcher.group(3), matcher.group(4));
        if (start >= MINUTES_PER_DAY || end > MINUTES_PER_DAY) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no window of time: a day begins at 00:00 and ends at 24:00");
        }
        if (start == end) {
            throw new IllegalArgumentException(
                    "'" + text + "' is empty, or a whole day: write 00:00-24:00, or no windows at all, for whole days");
        }
        return new TimeWindow(start, end == 0 ? MINUTES_PER_DAY : end);
    }

    private static int minute(String hours, String minutes) {
        return Integer.parseInt(hours) * MINUTES_PER_HOUR + Integer.parseInt(minutes);
    }

    /** Whether it ends on the day after the one on which it begins. */
    boolean endsNextDay() {
        return endMinute < startMinute;
    }

    /** As {@link #parse} takes it. */
    @Override
    public String toString() {
        return text(startMinute) + "-" + text(endMinute);
    }

    private static String text(int minute) {
        return String.format(Locale.ROOT, "%02d:%02d", minute / MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR);
    }
}
