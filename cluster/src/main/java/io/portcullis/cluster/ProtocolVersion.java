package io.portcullis.cluster;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version of what nodes say to each other and keep in the journal, written {@code MAJOR.MINOR}. A minor one only adds what an older node may leave out or
 * overlook: messages with more fields. So nodes of two minor versions that follow one another work together, for as long as an upgrade takes that goes
 * from node to node. Everything else, as a message of a new kind, is a major one.
 */
record ProtocolVersion(int major, int minor) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,6})(?:\\.([0-9]{1,6}))?");

    /**
     * Reads what the settings of a node say.
     *
     * @throws IllegalArgumentException if it is no version
     */
    static ProtocolVersion parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no version of the protocol; write MAJOR.MINOR");
        }
        // Nodes from before there were minor versions send a single number.
        String minor = matcher.group(2);
        return new ProtocolVersion(
                Integer.parseInt(Objects.requireNonNull(matcher.group(1))),
                minor == null ? 0 : Integer.parseInt(minor));
    }

    /** Whether nodes of both versions can be in one cluster. */
    boolean worksWith(ProtocolVersion other) {
        return major == other.major && Math.abs(minor - other.minor) <= 1;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
