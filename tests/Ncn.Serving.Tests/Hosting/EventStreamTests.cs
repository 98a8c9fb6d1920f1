using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Serving.Answers;
using Ncn.Serving.Hosting;
using Ncn.Serving.Tests.Answers;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Hosting;

/// <summary>An event stream that is silent for long says so, between its events and never elsewhere.</summary>
public sealed class EventStreamTests : IDisposable
{
    private const string Ping = ": ping\n\n";
    private readonly ManualTimers _time = new();
    private readonly SlowBody _body = new();

    public void Dispose() => _body.Dispose();

    [Fact]
    public async Task A_silent_stream_says_a_comment_each_time_that_the_interval_is_over()
    {
        await using var events = new EventStream(Http());
        await WriteAsync(events, "a");
        Pass(14, "data: \"a\"\n\n");
        Pass(1, $"data: \"a\"\n\n{Ping}");
        Pass(15, $"data: \"a\"\n\n{Ping}{Ping}");

        Pass(10, $"data: \"a\"\n\n{Ping}{Ping}");
        await WriteAsync(events, "b");
        Pass(14, $"data: \"a\"\n\n{Ping}{Ping}data: \"b\"\n\n");
        Pass(1, $"data: \"a\"\n\n{Ping}{Ping}data: \"b\"\n\n{Ping}");
    }

    [Fact]
    public async Task A_stream_whose_interval_is_zero_says_nothing()
    {
        await using var events = new EventStream(Http(seconds: 0));
        await WriteAsync(events, "a");
        Pass(1_000, "data: \"a\"\n\n");
        Assert.Equal(0, _time.Settings);
    }

    [Fact]
    public async Task A_comment_never_begins_a_response_that_may_still_be_a_refusal()
    {
        var http = Http();
        await using var events = new EventStream(http);
        await events.WriteAsync([]);
        Pass(1_000, "");
    }

    [Fact]
    public async Task A_reader_that_comes_back_hears_a_comment_before_its_first_event()
    {
        using var answer = Silent();
        using var gone = new CancellationTokenSource();
        var reading = AnswerStreams.WriteAsync(Http(), answer, Form(), after: 1, gone.Token);
        Pass(15, Ping);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Pass(60, Ping);
    }

    [Fact]
    public async Task A_first_reader_gets_the_status_of_a_run_that_failed_however_late()
    {
        using var answer = Silent();
        var http = Http();
        var reading = AnswerStreams.WriteAsync(http, answer, Form(), after: 0, CancellationToken.None);
        Pass(600, "");
        await answer.PumpAsync(Failed());
        Assert.Equal(503, (await Assert.ThrowsAsync<ApiException>(() => reading)).Error.Status);
        Assert.Equal(0, _body.Writes);
    }

    [Fact]
    public async Task A_comment_does_not_come_inside_an_event_that_is_read_slowly()
    {
        await using var events = new EventStream(Http());
        await WriteAsync(events, "a");
        _body.Hold();
        var slow = WriteAsync(events, "bcdef");
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal((false, 2), (slow.IsCompleted, _body.Writes));
        _body.Release();
        await slow;
        Pass(15, $"data: \"a\"\n\ndata: \"bcdef\"\n\n{Ping}");
    }

    [Fact]
    public async Task An_event_waits_for_a_comment_that_is_read_slowly_and_so_does_the_end()
    {
        var events = new EventStream(Http());
        await WriteAsync(events, "a");
        _body.Hold();
        _time.Advance(TimeSpan.FromSeconds(15));
        var next = WriteAsync(events, "b");
        Assert.Equal((false, 2), (next.IsCompleted, _body.Writes));
        _body.Release();
        await next;
        _body.Hold();
        _time.Advance(TimeSpan.FromSeconds(15));
        var end = events.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);
        _body.Release();
        await end;
        Pass(60, $"data: \"a\"\n\n{Ping}data: \"b\"\n\n{Ping}");
    }

    [Theory]
    [InlineData("[DONE]", "data: [DONE]\n\n")]
    [InlineData(null, "")]
    public async Task Nothing_follows_the_end(string? last, string written)
    {
        var events = new EventStream(Http());
        await WriteAsync(events, "a");
        await events.EndAsync(last);
        Pass(60, "data: \"a\"\n\n" + written);
        await events.DisposeAsync();
        Pass(60, "data: \"a\"\n\n" + written);
    }

    [Fact]
    public async Task Nothing_is_said_to_a_client_that_has_gone()
    {
        using var gone = new CancellationTokenSource();
        var http = Http();
        http.RequestAborted = gone.Token;
        await using var events = new EventStream(http);
        await WriteAsync(events, "a");
        await gone.CancelAsync();
        Pass(60, "data: \"a\"\n\n");
        Assert.Equal(1, _time.Settings);
    }

    [Fact]
    public async Task A_frame_sets_no_timer_and_allocates_nothing()
    {
        var http = Http();
        http.Response.Body = Stream.Null;
        await using var pipe = new EventPipe(http);
        var frame = new byte[100];
        await pipe.SendAsync(frame);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var sent = 0; sent < 1_000; sent++)
        {
            var sending = pipe.SendAsync(frame);
            Assert.True(sending.IsCompletedSuccessfully);
        }

        Assert.Equal((0, 1), (GC.GetAllocatedBytesForCurrentThread() - before, _time.Settings));
    }

    private static Task WriteAsync(EventStream events, string data) => events.WriteAsync(data, JsonSerializerOptions.Default);

    private static async IAsyncEnumerable<Execution.RunPart> Failed()
    {
        await Task.CompletedTask;
        yield return true ? throw new ApiException(ApiError.NoRoom("tiny-chat")) : null!;
    }

    private static IAnswerEvents Form()
    {
        using var gateway = new MemoryGateway();
        return gateway.Get<AnswerForms>().Of("chat").Stream(Context)!;
    }

    private static AnswerContext Context => new(MemoryGateway.Request('1'), "tiny-chat", 0, """{"model":"tiny-chat","messages":[{"role":"user","content":"hello"}]}"""u8.ToArray());

    private LiveAnswer Silent()
    {
        var answer = new LiveAnswer(new LiveAnswerSettings(Context.Request, "chat", Context, default, 1 << 20), _time);
        answer.Grant();
        return answer;
    }

    private void Pass(int seconds, string written)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(written, _body.Text);
    }

    private DefaultHttpContext Http(int seconds = 15)
    {
        var options = Options.Create(new GatewayOptions { EventPingSeconds = seconds });
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton(options).BuildServiceProvider() };
        http.Response.Body = _body;
        return http;
    }
}
