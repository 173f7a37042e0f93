package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.testkit.OpenFiles;
import io.portcullis.persistence.testkit.TestDatabase;
import java.nio.file.Path;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2JournalTest extends JournalContract {
    @TempDir
    private Path folder;

    @Override
    TestDatabase create() {
        return TestDatabase.h2(folder);
    }

    @Test
    void shouldLeaveNoFileOpenWhenANodeHasStopped() throws Exception {
        for (int start = 0; start < 3; start++) {
            ActorTestKit kit = ActorTestKit.create("stops", database.system("journal-test"));
            Database directory = Database.open(database.settings(), Runnable::run);
            try {
                assertThat(ask(kit, kit.spawn(new Adder("a")), "ab").events()).isEqualTo(start + 1);
            } finally {
                // As a node does: the journal's pool is still open.
                directory.close();
                kit.shutdownTestKit();
            }
            assertThat(OpenFiles.in(folder)).isEmpty();
        }
    }
}
