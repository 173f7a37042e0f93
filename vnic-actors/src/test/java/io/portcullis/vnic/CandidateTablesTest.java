package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.portcullis.policy.Action;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Tables of any size arrive in pieces, and not too many are kept. */
class CandidateTablesTest {
    private final CandidateTables tables = new CandidateTables();

    private static RuleTable aTable(long firstId, int rules) {
        List<TableRule> list = LongStream.range(firstId, firstId + rules)
                .mapToObj(id ->
                        TableRule.of(id, "policy/rule-" + id, Action.ALLOW).build())
                .toList();
        return RuleTableCodec.seal(list, Action.DROP, false);
    }

    private void take(RuleTable table) {
        TablePiece.of(table).forEach(piece -> tables.take(table.hash(), piece));
    }

    @Test
    void shouldPutALargeTableTogether() {
        RuleTable large = aTable(1, 10_000);
        List<TablePiece> pieces = TablePiece.of(large);
        assertThat(pieces).hasSizeGreaterThan(3).allMatch(piece -> piece.bytes().length <= TablePiece.MAX_BYTES);

        pieces.subList(0, pieces.size() - 1).forEach(piece -> tables.take(large.hash(), piece));
        assertThat(tables.find(large.hash())).as("not whole yet").isNull();
        tables.take(large.hash(), pieces.getLast());

        assertThat(tables.find(large.hash())).isEqualTo(large);
        tables.take(large.hash(), pieces.getFirst());
        assertThat(tables.find(large.hash())).as("somebody else sends it, too").isEqualTo(large);
    }

    @Test
    void shouldRefuseWhatIsNoTableOfThatHash() {
        RuleTable large = aTable(1, 10_000);
        List<TablePiece> pieces = TablePiece.of(large);
        tables.take(large.hash(), pieces.get(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.take(large.hash(), pieces.get(2)))
                .withMessageContaining("begin anew");
        tables.take(large.hash(), pieces.get(1));

        RuleTable other = aTable(1, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.take("ab", TablePiece.of(other).getFirst()))
                .withMessageContaining(other.hash());
        assertThat(tables.find("ab")).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.take("cd", new TablePiece(0, 1, new byte[] {1, 2, 3})));
        take(large);
        assertThat(tables.find(large.hash())).isEqualTo(large);
    }

    @Test
    void shouldForgetTheTableThatWasUsedLongestAgo() {
        RuleTable first = aTable(1, 1);
        take(first);
        for (int i = 2; i <= CandidateTables.MAX_TABLES; i++) {
            take(aTable(i, 1));
        }
        assertThat(tables.find(first.hash())).isEqualTo(first);

        take(aTable(1_000, 1));

        assertThat(tables.find(first.hash())).as("used just now").isEqualTo(first);
        assertThat(tables.find(aTable(2, 1).hash())).isNull();
        assertThat(tables.find(aTable(3, 1).hash())).isNotNull();
    }

    @Test
    void shouldRefuseATableBeyondItsLimit() {
        int pieces = (int) (CandidateTables.MAX_BYTES / TablePiece.MAX_BYTES);
        take(aTable(1, 1));
        byte[] bytes = new byte[TablePiece.MAX_BYTES];
        for (int i = 0; i < pieces; i++) {
            tables.take("huge", new TablePiece(i, pieces + 1, bytes));
        }

        assertThatIllegalArgumentException()
                .isThrownBy(() -> tables.take("huge", new TablePiece(pieces, pieces + 1, bytes)))
                .withMessageContaining("CandidateTables.MAX_BYTES");
        take(aTable(2, 1));
        assertThat(tables.find(aTable(2, 1).hash())).isNotNull();
    }
}
