package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Findings of scanners, in one revision.
 *
 * @param set by kind, for example {@code malware: eicar}
 * @param clear kinds
 */
public record FindingsRequest(
        @Nullable Map<String, String> set, @Nullable List<String> clear) {}
