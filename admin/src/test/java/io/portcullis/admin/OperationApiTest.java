package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.ApiException;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.MoveWishes;
import io.portcullis.api.OperationLimits;
import io.portcullis.api.OperationView;
import io.portcullis.api.RebalanceView;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.model.BulkOperation.Priority;
import io.portcullis.policy.HostId;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperationApiTest extends ApiTestCase {
    @Test
    void shouldEmptyAHostAsWished() {
        EvacuationView view = client.operations()
                .evacuate("host-1", new MoveWishes(List.of("host-2"), 20, "high", null, 200_000_000L));

        assertThat(view.operation()).isEqualTo("op-1");
        assertThat(services.wished)
                .isEqualTo(new BulkCommand.Wishes(List.of(new HostId("host-2")), 20, Priority.HIGH, 200_000_000));
        client.drain("host-1");
        assertThat(services.wished).isEqualTo(BulkCommand.Wishes.NONE);
    }

    @Test
    void shouldPlanARebalance() {
        RebalanceView dry = client.operations().rebalance(new MoveWishes(null, null, null, true, null));
        assertThat(dry.operation()).isNull();

        RebalanceView begun = client.operations().rebalance(MoveWishes.NONE);
        assertThat(begun.operation()).isNotNull().extracting(OperationView::id).isEqualTo("op-1");
    }

    @Test
    void shouldListAndChangeOperations() {
        assertThat(client.operations().list()).singleElement().satisfies(operation -> {
            assertThat(operation.etaMillis()).isEqualTo(1_500);
            assertThat(operation.waiting()).isEqualTo(1);
        });
        assertThat(client.operations().get("op-1").id()).isEqualTo("op-1");
        assertThat(client.operations().pause("op-1").state()).isEqualTo("PAUSE");
        assertThat(client.operations().resume("op-1").state()).isEqualTo("RESUME");
        assertThat(client.operations().cancel("op-1").state()).isEqualTo("CANCEL");
    }

    @Test
    void shouldChangeTheLimitsOfAnOperation() {
        assertThat(client.operations()
                        .limit("op-1", new OperationLimits(7, 65_536L))
                        .state())
                .isEqualTo("7 65536");
        assertThat(client.operations()
                        .limit("op-1", new OperationLimits(null, 0L))
                        .state())
                .isEqualTo("null 0");
        for (OperationLimits wrong : List.of(
                new OperationLimits(null, null), new OperationLimits(0, null), new OperationLimits(null, 65_535L))) {
            assertThat(catchThrowableOfType(
                                    ApiException.class,
                                    () -> client.operations().limit("op-1", wrong))
                            .problem()
                            .problems())
                    .as("%s", wrong)
                    .hasSize(1);
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAWish() {
        ApiException refused = catchThrowableOfType(
                ApiException.class,
                () -> client.operations()
                        .drain("host-1", new MoveWishes(List.of("host-2", "Host 3"), 0, "urgent", true, 200L)));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().problems())
                .extracting(FieldProblem::path)
                .containsExactly("dryRun", "to[1]", "parallel", "bytesPerSecond", "priority");
    }
}
