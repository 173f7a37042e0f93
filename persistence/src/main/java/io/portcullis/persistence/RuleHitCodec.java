package io.portcullis.persistence;

import io.portcullis.datapath.runtime.RuleHit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The bytes of what rules counted: version, then id, hits and time of the last of each rule. Big endian. */
final class RuleHitCodec {
    private static final byte VERSION = 1;
    private static final int RULE_BYTES = 3 * Long.BYTES;

    private RuleHitCodec() {}

    static byte[] encode(List<RuleHit> rules) {
        ByteBuffer out = ByteBuffer.allocate(1 + rules.size() * RULE_BYTES).put(VERSION);
        rules.forEach(hit -> out.putLong(hit.ruleId()).putLong(hit.hits()).putLong(hit.lastMillis()));
        return out.array();
    }

    /** Throws {@link IllegalArgumentException} for anything but what {@link #encode} made, whole. */
    static List<RuleHit> decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length % RULE_BYTES != 1 || in.get() != VERSION) {
            throw new IllegalArgumentException("these are no counts of rules, or those of another build");
        }
        List<RuleHit> rules = new ArrayList<>(in.remaining() / RULE_BYTES);
        while (in.hasRemaining()) {
            rules.add(new RuleHit(in.getLong(), in.getLong(), in.getLong()));
        }
        return rules;
    }
}
