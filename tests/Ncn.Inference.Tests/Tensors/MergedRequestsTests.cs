using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;
using Ncn.Tests.Models.Onnx;

namespace Ncn.Inference.Tests.Tensors;

/// <summary>Requests that wait for the same lane share a run, and nobody notices.</summary>
public sealed class MergedRequestsTests
{
    private static readonly OnnxGraph Identity = DatatypeModels.Identity(TensorProto.Types.DataType.Float);

    [Fact]
    public async Task Requests_that_wait_share_a_run_and_each_gets_its_own_rows()
    {
        await using var model = new GraphModel(Identity);
        Task<TensorAnswer>[] answers = await model.MergeAsync([Row(9, 9)], () => model.RunAsync(Row(1, 2)), () => model.RunAsync(GraphModel.Floats("x", [2, 2], 3, 4, 5, 6)), () => model.RunAsync(Row(7, 8)));
        Assert.Equal([[1, 2], [3, 4, 5, 6], [7, 8]], (float[][])await GraphModel.FloatsAsync(answers));
        Assert.Equal([1, 4], model.Batches);
        Assert.Equal(4, model.Waits);
    }

    [Fact]
    public async Task Only_requests_of_one_form_share_a_run()
    {
        await using var model = new GraphModel(DatatypeModels.Concat(TensorProto.Types.DataType.Float));
        TensorValue[] narrow = [GraphModel.Floats("a", [1, 1], 1), GraphModel.Floats("b", [1, 1], 2)];
        TensorValue[] wide = [GraphModel.Floats("b", [1, 2], 3, 4), GraphModel.Floats("a", [1, 1], 5)];
        Task<TensorAnswer>[] answers = await model.MergeAsync(narrow, () => model.RunAsync(narrow), () => model.RunAsync(wide), () => model.RunAsync(narrow));
        Assert.Equal([[1, 2], [5, 3, 4], [1, 2]], await GraphModel.FloatsAsync(answers));
        Assert.Equal([1, 2, 1], model.Batches);
    }

    [Fact]
    public async Task One_that_fails_does_not_fail_its_neighbours()
    {
        await using var model = new GraphModel(OddModels.Lookup(rows: 4));
        Task<TensorAnswer>[] answers = await model.MergeAsync([Id(0)], () => model.RunAsync(Id(1)), () => model.RunAsync(Id(4)), () => model.RunAsync(Id(3)));
        Assert.Equal(new float[] { 2, 3 }, await GraphModel.FloatsAsync(answers[0]));
        Assert.Equal(new float[] { 6, 7 }, await GraphModel.FloatsAsync(answers[2]));
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => answers[1]);
        Assert.Contains("refused their sizes or values", refusal.Message, StringComparison.Ordinal);
        Assert.True(model.Engine.MergesRequests);
    }

    [Fact]
    public async Task A_model_that_mixes_rows_is_found_out_before_anybody_gets_a_wrong_answer()
    {
        await using var model = new GraphModel(OddModels.CentredOnBatch());
        Task<TensorAnswer>[] answers = await model.MergeAsync([Row(0, 0)], () => model.RunAsync(Row(1, 2)), () => model.RunAsync(Row(3, 5)));
        Assert.All(await GraphModel.FloatsAsync(answers), row => Assert.Equal([0, 0], row));
        Assert.False(model.Engine.MergesRequests);

        answers = await model.MergeAsync([Row(0, 0)], () => model.RunAsync(Row(1, 2)), () => model.RunAsync(Row(3, 5)));
        Assert.All(await GraphModel.FloatsAsync(answers), row => Assert.Equal([0, 0], row));
        Assert.Equal([1, 2, 1, 1, 1], model.Batches);
    }

    [Fact]
    public async Task A_model_whose_rows_are_no_batch_is_never_run_merged()
    {
        await using var sums = new GraphModel(DatatypeModels.SumOfRows());
        Assert.False(sums.Engine.MergesRequests);
        Task<TensorAnswer>[] answers = await sums.MergeAsync([Row(1, 1)], () => sums.RunAsync(GraphModel.Floats("x", [2, 1], 1, 2)), () => sums.RunAsync(GraphModel.Floats("x", [2, 1], 3, 4)));
        Assert.Equal([[3], [7]], await GraphModel.FloatsAsync(answers));
    }

    [Fact]
    public async Task Answers_asked_for_by_name_come_in_that_order_and_merge_with_their_like_only()
    {
        await using var model = new GraphModel(Identity);
        Task<TensorAnswer>[] answers = await model.MergeAsync([Row(0, 0)], () => model.Engine.RunAsync([Row(1, 2)], ["y"], default), () => model.Engine.RunAsync([Row(3, 4)], ["y"], default));
        Assert.Equal([[1, 2], [3, 4]], await GraphModel.FloatsAsync(answers));
        Assert.Equal([1, 2], model.Batches);
    }

    [Fact]
    public async Task Rows_that_are_large_beside_the_limit_on_outputs_are_not_merged()
    {
        await using var model = new GraphModel(Identity, options: new InferenceOptions { Slots = 1, MaxOutputMegabytes = 1 });
        TensorValue large = GraphModel.Floats("x", [1, 150_000], new float[150_000]);
        await Task.WhenAll(await model.MergeAsync([Row(0, 0)], () => model.RunAsync(large), () => model.RunAsync(large)));
        Assert.Equal([1, 1, 1], model.Batches);
    }

    [Fact]
    public async Task After_a_request_whose_output_is_too_large_earlier_sizes_are_answered_as_before()
    {
        await using var model = new GraphModel(Identity, options: new InferenceOptions { Slots = 1, MaxOutputMegabytes = 1 });
        TensorValue large = GraphModel.Floats("x", [1, 400_000], new float[400_000]);
        for (float i = 1; i < 4; i++)
        {
            Assert.Equal(new float[] { i, i + 1 }, await GraphModel.FloatsAsync(model.RunAsync(Row(i, i + 1))));
            InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => model.RunAsync(large));
            Assert.Contains("at most 1048576", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Those_that_come_when_the_queue_is_full_are_turned_away()
    {
        await using var model = new GraphModel(Identity, new ModelBatching { MaxQueued = 2 });
        Task<TensorAnswer>[] answers = await model.MergeAsync([Row(0, 0)], () => model.RunAsync(Row(1, 2)), () => model.RunAsync(Row(3, 4)), () => model.RunAsync(Row(5, 6)));
        InferenceException busy = await Assert.ThrowsAsync<InferenceException>(() => answers[2]);
        Assert.Equal(InferenceFault.Busy, busy.Fault);
        Assert.Equal(new float[] { 1, 2 }, await GraphModel.FloatsAsync(answers[0]));
        Assert.Equal(new float[] { 3, 4 }, await GraphModel.FloatsAsync(answers[1]));
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_alone()
    {
        await using var model = new GraphModel(Identity);
        using var impatient = new CancellationTokenSource();
        Task<TensorAnswer>[] answers = await model.MergeAsync(
            [Row(0, 0)],
            () => model.RunAsync(Row(1, 2)),
            () => model.Engine.RunAsync([Row(3, 4)], [], impatient.Token),
            () =>
            {
                impatient.Cancel();
                return model.RunAsync(Row(5, 6));
            });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answers[1]);
        Assert.Equal(new float[] { 5, 6 }, await GraphModel.FloatsAsync(answers[2]));
        Assert.Equal([1, 2], model.Batches);
    }

    [Fact]
    public async Task A_run_that_nobody_waits_for_is_broken_off()
    {
        await using var model = new GraphModel(SlowModel.Graph());
        using var impatient = new CancellationTokenSource();
        Task<TensorAnswer> slow = model.Engine.RunAsync([GraphModel.Floats("x", [1, SlowModel.BusyWidth], new float[SlowModel.BusyWidth])], [], impatient.Token);
        Task<TensorAnswer> next = model.RunAsync(GraphModel.Floats("x", [1, 1], 1));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        Assert.Equal(new float[] { 2 }, await GraphModel.FloatsAsync(next));
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_broken_off()
    {
        await using var model = new GraphModel(SlowModel.Graph(), limits: new ModelLimits(0, 64, 1 << 20) { MaxSeconds = 1 });
        InferenceException failure = await Assert.ThrowsAsync<InferenceException>(() => model.RunAsync(GraphModel.Floats("x", [1, SlowModel.BusyWidth], new float[SlowModel.BusyWidth])));
        Assert.Contains("longer than its limit", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new float[] { 2 }, await GraphModel.FloatsAsync(model.RunAsync(GraphModel.Floats("x", [1, 1], 1))));
    }

    [Fact]
    public async Task Unloading_ends_what_runs_and_sends_away_what_waits()
    {
        var model = new GraphModel(Identity);
        Task unloaded = Task.CompletedTask;
        Task<TensorAnswer>[] answers = await model.MergeAsync([Row(0, 0)], () => model.RunAsync(Row(1, 2)), () =>
        {
            unloaded = model.DisposeAsync().AsTask();
            return model.RunAsync(Row(3, 4));
        });
        await unloaded;
        foreach (Task<TensorAnswer> answer in answers)
        {
            Assert.Equal(InferenceFault.Stopping, (await Assert.ThrowsAsync<InferenceException>(() => answer)).Fault);
        }
    }

    [Fact]
    public async Task From_many_threads_everybody_gets_the_own_answer()
    {
        await using var model = new GraphModel(Identity, options: new InferenceOptions { Slots = 4, MaxWaiting = 64 });
        await Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                using TensorAnswer answer = await model.RunAsync(Row(caller, i));
                Assert.Equal([caller, i], GraphModel.Floats(answer[0]));
            }
        })));
        Assert.Equal(3200, model.Batches.Sum());
        Assert.Equal(new TensorLoad(model.Engine.Load.Lanes, 0, 0), model.Engine.Load);
    }

    private static TensorValue Row(params float[] values) => GraphModel.Floats("x", [1, values.Length], values);

    private static TensorValue Id(long id) => GraphModel.Longs("id", [1], id);
}
