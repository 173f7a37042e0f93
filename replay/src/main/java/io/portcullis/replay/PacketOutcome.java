package io.portcullis.replay;

import io.portcullis.datapath.engine.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What the engine decided about one packet.
 *
 * @param packet number in the file, from 1
 * @param isReply whether it goes towards the end that opened its connection
 * @param rule {@code policy/rule} that decided about it or about its connection's first packet, {@code default}, or null where none
 *     was asked
 * @param reason in one word, stable
 */
public record PacketOutcome(
        long packet,
        Verdict verdict,
        PacketState state,
        boolean isReply,
        @Nullable String rule,
        String reason) {}
