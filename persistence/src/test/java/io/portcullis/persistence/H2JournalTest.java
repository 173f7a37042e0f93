package io.portcullis.persistence;

import io.portcullis.persistence.testkit.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class H2JournalTest extends JournalContract {
    @TempDir
    private Path folder;

    @Override
    TestDatabase create() {
        return TestDatabase.h2(folder);
    }
}
