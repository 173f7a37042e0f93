package io.portcullis.admin;

import io.portcullis.api.FieldProblem;
import io.portcullis.migration.model.Pace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The field {@code bytesPerSecond} of requests. */
final class BytesPerSecond {
    private BytesPerSecond() {}

    /** 0 is no limit, and so is none. */
    static void check(@Nullable Long bytesPerSecond, List<FieldProblem> mistakes) {
        if (bytesPerSecond != null && bytesPerSecond != 0 && bytesPerSecond < Pace.LEAST_BYTES_PER_SECOND) {
            mistakes.add(new FieldProblem(
                    "bytesPerSecond",
                    bytesPerSecond + " is less than " + Pace.LEAST_BYTES_PER_SECOND,
                    "bytes, not megabytes; 0 for no limit"));
        }
    }
}
