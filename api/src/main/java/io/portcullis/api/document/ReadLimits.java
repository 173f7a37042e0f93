package io.portcullis.api.document;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How much of one text has been read by all who read it. Thread-safe. */
final class ReadLimits {
    /** Values in one document, which is a tree in memory while it is read. */
    static final int MAX_VALUES = 500_000;
    /** In all documents of a text: eight million, or fewer where the heap is below 2 GiB. Each takes some 70 bytes until they are applied. */
    static final int MAX_VALUES_OF_ALL = Math.clamp(Runtime.getRuntime().maxMemory() / 256, MAX_VALUES, 8_000_000);
    /** Each reader counts so many by itself. */
    static final int VALUES_AT_ONCE = 1_024;

    private final AtomicInteger documents = new AtomicInteger();
    private final AtomicLong values = new AtomicLong();

    /** False if there are more than a text may have. */
    boolean countDocument() {
        return documents.incrementAndGet() <= Documents.MAX_DOCUMENTS;
    }

    /** False if there are more than a text may have. */
    boolean countValues(int more) {
        return values.addAndGet(more) <= MAX_VALUES_OF_ALL;
    }
}
