package io.portcullis.persistence;

import io.portcullis.persistence.testkit.TestDatabase;
import java.io.IOException;

class PostgresqlJournalTest extends JournalContract {
    @Override
    TestDatabase create() throws IOException, InterruptedException {
        return TestDatabase.postgresql();
    }
}
