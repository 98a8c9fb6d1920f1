using System.Threading.Channels;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Answers;

public sealed class LiveAnswerTests
{
    private readonly ManualTimers _time = new();
    private readonly Channel<RunPart> _run = Channel.CreateUnbounded<RunPart>();

    [Fact]
    public async Task A_reader_that_comes_late_gets_what_it_missed_and_what_follows()
    {
        using var answer = New();
        var pump = answer.PumpAsync(_run.Reader.ReadAllAsync());
        Send("a", "b", "c");
        var early = TextAsync(answer, 0);
        var late = TextAsync(answer, 2);
        Send("d");
        _run.Writer.Complete();
        await pump;
        Assert.Equal(("abcd", "cd", "d", ""), (await early, await late, await TextAsync(answer, 3), await TextAsync(answer, 4)));
        Assert.Equal(4, answer.Last);
    }

    [Fact]
    public async Task The_run_is_stopped_when_its_last_follower_has_left()
    {
        using var answer = New();
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        answer.Follow(first.Token);
        answer.Follow(second.Token);
        await first.CancelAsync();
        Assert.False(answer.Stopping.IsCancellationRequested);
        await second.CancelAsync();
        Assert.True(answer.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_client_that_comes_back_within_the_patience_finds_its_run_going_on()
    {
        using var answer = New(TimeSpan.FromSeconds(10));
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        answer.Follow(first.Token);
        await first.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        answer.Follow(second.Token);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(answer.Stopping.IsCancellationRequested);
        await second.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(answer.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_full_log_waits_for_its_reader_and_forgets_what_it_has_passed()
    {
        using var answer = New(maxCharacters: 1000);
        await using var reader = answer.ReadAsync(0).GetAsyncEnumerator();
        var pump = answer.PumpAsync(_run.Reader.ReadAllAsync());
        Assert.True(await WithAsync(reader, new string('a', 900)));
        Send(new string('b', 900), "c");
        Assert.True(await reader.MoveNextAsync());
        Assert.True(await reader.MoveNextAsync());
        _run.Writer.Complete();
        await pump;
        Assert.False(await reader.MoveNextAsync());
        var gone = await Assert.ThrowsAsync<ApiException>(() => TextAsync(answer, 0));
        Assert.Equal((410, "events_gone"), (gone.Error.Status, gone.Error.Code));
    }

    [Fact]
    public async Task The_failure_of_a_run_is_each_readers_after_what_was_delivered()
    {
        using var answer = New();
        var pump = answer.PumpAsync(_run.Reader.ReadAllAsync());
        Send("a");
        _run.Writer.Complete(new ApiException(ApiError.NoRoom("tiny-chat")));
        await pump;
        await using var reader = answer.ReadAsync(0).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(503, (await Assert.ThrowsAsync<ApiException>(() => reader.MoveNextAsync().AsTask())).Error.Status);
        await Assert.ThrowsAsync<ApiException>(() => answer.Cost);
    }

    [Fact]
    public async Task A_run_that_fails_at_once_is_known_before_the_first_part()
    {
        using var answer = New();
        _run.Writer.Complete(new ApiException(ApiError.NoRoom("tiny-chat")));
        await answer.PumpAsync(_run.Reader.ReadAllAsync());
        await Assert.ThrowsAsync<ApiException>(() => answer.FirstAsync());
    }

    [Fact]
    public async Task Who_reads_along_gets_nothing_before_the_price_is_held()
    {
        using var answer = NewUngranted();
        var pump = answer.PumpAsync(_run.Reader.ReadAllAsync());
        Send("a", "b");
        _run.Writer.Complete();
        await pump;
        await using var reader = answer.ReadAsync(0).GetAsyncEnumerator();
        var first = reader.MoveNextAsync();
        Assert.False(first.IsCompleted);
        answer.Grant();
        Assert.True(await first);
        Assert.Equal("a", ((RunPart.Text)reader.Current).Content);
        Assert.True(await reader.MoveNextAsync());
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Who_reads_along_gets_nothing_when_the_price_could_not_be_held()
    {
        using var answer = NewUngranted();
        var pump = answer.PumpAsync(_run.Reader.ReadAllAsync());
        Send("a");
        var read = TextAsync(answer, 0);
        answer.Fail(new ApiException(new ApiError(402, "payment_failed", "It was not paid for.")));
        Assert.Equal(402, (await Assert.ThrowsAsync<ApiException>(() => read)).Error.Status);
        answer.Grant();
        Assert.Equal(402, (await Assert.ThrowsAsync<ApiException>(() => TextAsync(answer, 0))).Error.Status);
        _run.Writer.Complete();
        await pump;
    }

    private LiveAnswer New(TimeSpan patience = default, long maxCharacters = 1 << 20)
    {
        var answer = NewUngranted(patience, maxCharacters);
        answer.Grant();
        return answer;
    }

    private LiveAnswer NewUngranted(TimeSpan patience = default, long maxCharacters = 1 << 20)
    {
        var request = MemoryGateway.Request('1');
        return new LiveAnswer(new LiveAnswerSettings(request, "chat", new AnswerContext(request, "tiny-chat", 0, default), patience, maxCharacters), _time);
    }

    private void Send(params string[] texts)
    {
        foreach (var text in texts)
        {
            Assert.True(_run.Writer.TryWrite(new RunPart.Text([1], text, 1)));
        }
    }

    private async Task<bool> WithAsync(IAsyncEnumerator<RunPart> reader, string text)
    {
        var next = reader.MoveNextAsync();
        Send(text);
        return await next;
    }

    private static async Task<string> TextAsync(LiveAnswer answer, long after)
    {
        var all = string.Empty;
        await foreach (var part in answer.ReadAsync(after))
        {
            Assert.True(part.Sequence > after);
            all += ((RunPart.Text)part).Content;
        }

        return all;
    }
}
