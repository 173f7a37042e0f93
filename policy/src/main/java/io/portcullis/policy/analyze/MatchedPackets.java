package io.portcullis.policy.analyze;

/**
 * What one rule matches, each part cut down to what goes with the others: no address of a family that the rule or its other side
 * does not have, no service that no such packet can have. So one rule holds another exactly if each of its parts does.
 *
 * @param scope vNICs that it is applied to
 * @param sources with {@link AddressAtoms#none()} if it matches frames without IP
 */
record MatchedPackets(
        NumberSet scope, NumberSet sources, NumberSet destinations, Transport transport, Framing framing) {
    /** What became of a rule. */
    sealed interface Outcome {
        record Matches(MatchedPackets packets) implements Outcome {}

        /**
         * It matches nothing.
         *
         * @param waits whether only because groups have no members yet
         */
        record Nothing(String message, String hint, boolean waits) implements Outcome {}

        /** It matches packets, but none that a vNIC of today that it is applied to sends or gets. */
        record Elsewhere(MatchedPackets packets) implements Outcome {}

        /** Its services are beyond {@link AnalysisLimits#MAX_SERVICE_BOXES}. */
        record TooLarge() implements Outcome {}
    }
}
