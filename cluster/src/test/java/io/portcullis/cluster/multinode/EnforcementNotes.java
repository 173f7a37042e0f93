package io.portcullis.cluster.multinode;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The notes of one {@link EnforcementWatch} in a mapped file, which is whole whenever the process is killed. One thread writes. */
final class EnforcementNotes {
    private static final int RECORD_BYTES = 256;
    private static final int MAX_RECORDS = 4_096;
    private static final int TO = 0;
    private static final int FROM = Long.BYTES;
    private static final int EPOCH = 2 * Long.BYTES;
    private static final int NAMES = 3 * Long.BYTES;

    private final HostId host;
    private final ByteBuffer file;
    private int records;

    private EnforcementNotes(HostId host, ByteBuffer file) {
        this.host = host;
        this.file = file;
    }

    static EnforcementNotes create(Path path, HostId host) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new EnforcementNotes(
                    host, channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) RECORD_BYTES * MAX_RECORDS));
        }
    }

    /** A span that may still grow. */
    final class Note {
        private final int at;
        private final long epoch;

        private Note(int at, long epoch) {
            this.at = at;
            this.epoch = epoch;
        }

        long epoch() {
            return epoch;
        }

        void seen(long toNanos) {
            file.putLong(at + TO, Math.max(toNanos, file.getLong(at + TO)));
        }
    }

    Note begin(VnicId vnic, long epoch, long fromNanos) {
        if (records == MAX_RECORDS) {
            throw new IllegalStateException("more than " + MAX_RECORDS + " notes");
        }
        int at = records++ * RECORD_BYTES;
        byte[] names = (host + " " + vnic).getBytes(StandardCharsets.UTF_8);
        if (names.length > RECORD_BYTES - NAMES - 1) {
            throw new IllegalArgumentException(vnic + ": the name is too long for a note");
        }
        file.put(at + NAMES, names);
        file.putLong(at + EPOCH, epoch);
        file.putLong(at + FROM, fromNanos);
        // Last: a record without it does not count.
        file.putLong(at + TO, fromNanos);
        return new Note(at, epoch);
    }

    static List<EnforcementWatch.Span> read(Path path) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path));
        List<EnforcementWatch.Span> spans = new ArrayList<>();
        for (int at = 0; at < file.capacity() && file.getLong(at + TO) != 0; at += RECORD_BYTES) {
            byte[] text = new byte[RECORD_BYTES - NAMES];
            file.get(at + NAMES, text);
            String[] names = new String(text, StandardCharsets.UTF_8).trim().split(" ", -1);
            spans.add(new EnforcementWatch.Span(
                    new HostId(names[0]),
                    VnicId.parse(names[1]),
                    file.getLong(at + EPOCH),
                    file.getLong(at + FROM),
                    file.getLong(at + TO)));
        }
        return spans;
    }
}
