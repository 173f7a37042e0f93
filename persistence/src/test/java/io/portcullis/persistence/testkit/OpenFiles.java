package io.portcullis.persistence.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What files this process has open. */
public final class OpenFiles {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private OpenFiles() {}

    /** Those in the folder; none where the system does not say. */
    public static List<String> in(Path folder) throws IOException {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return List.of();
        }
        String prefix = folder.toRealPath() + "/";
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            return all.map(OpenFiles::target)
                    .filter(file -> file.startsWith(prefix))
                    .toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
