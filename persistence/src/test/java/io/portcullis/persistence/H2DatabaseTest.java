package io.portcullis.persistence;

import io.portcullis.persistence.testkit.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class H2DatabaseTest extends DatabaseContract {
    @TempDir
    private Path folder;

    @Override
    TestDatabase create() throws Exception {
        return TestDatabase.h2(Files.createTempDirectory(folder, "data"));
    }
}
