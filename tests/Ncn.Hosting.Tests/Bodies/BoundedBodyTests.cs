using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ncn.Hosting.Tests.Bodies;

/// <summary>Bodies of bounded size and time.</summary>
public sealed class BoundedBodyTests
{
    // What waits for a piece goes on before the write returns.
    private readonly Pipe _pipe = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly StepTime _time = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Body_up_to_the_limit_is_read_whole(int size)
    {
        await SendAsync(new string('a', size));
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(size, (await ReadAsync(10))!.Length);
    }

    [Fact]
    public async Task Body_in_pieces_is_read_whole()
    {
        var reading = ReadAsync(100);
        foreach (var piece in (string[])["one ", "two ", "three"])
        {
            await SendAsync(piece);
        }

        await _pipe.Writer.CompleteAsync();
        Assert.Equal("one two three", Encoding.UTF8.GetString((await reading)!));
    }

    [Fact]
    public async Task Long_body_in_uneven_pieces_keeps_its_order()
    {
        var reading = ReadAsync(1_000_000);
        var sent = new StringBuilder();
        for (var piece = 1; piece < 500; piece++)
        {
            var text = new string((char)('a' + (piece % 26)), piece * 3 % 1_999);
            sent.Append(text);
            await SendAsync(text);
        }

        await _pipe.Writer.CompleteAsync();
        Assert.Equal(sent.ToString(), Encoding.UTF8.GetString((await reading)!));
    }

    [Fact]
    public async Task Body_over_the_limit_is_given_up_while_it_comes()
    {
        var reading = ReadAsync(10);
        await SendAsync("12345");
        await SendAsync("678901");
        Assert.Null(await reading);
    }

    [Fact]
    public async Task Body_that_announces_more_than_the_limit_is_not_read()
    {
        var http = Http();
        http.Request.ContentLength = 11;
        Assert.Null(await BoundedBody.ReadAsync(http.Request, 10, default));
    }

    [Fact]
    public async Task Body_that_brings_nothing_is_given_up_after_the_grace()
    {
        var reading = ReadAsync(100);
        _time.Pass(TimeSpan.FromSeconds(4.9));
        Assert.False(reading.IsCompleted);
        _time.Pass(TimeSpan.FromSeconds(0.2));
        Assert.Equal(StatusCodes.Status408RequestTimeout, (await Assert.ThrowsAsync<BadHttpRequestException>(() => reading)).StatusCode);
    }

    [Fact]
    public async Task Body_that_keeps_the_pace_is_read_and_one_that_falls_behind_is_not()
    {
        var reading = ReadAsync(100_000);
        for (var second = 0; second < 20; second++)
        {
            await SendAsync(new string('a', 240));
            _time.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.False(reading.IsCompleted);
        _time.Pass(TimeSpan.FromSeconds(5.1));
        await Assert.ThrowsAsync<BadHttpRequestException>(() => reading);
    }

    [Fact]
    public async Task Body_that_never_ends_is_given_up_however_fast_it_comes()
    {
        var reading = ReadAsync(10_000_000);
        for (var second = 0; second < 60; second++)
        {
            Assert.False(reading.IsCompleted);
            await SendAsync(new string('a', 10_000));
            _time.Pass(TimeSpan.FromSeconds(1));
        }

        await Assert.ThrowsAsync<BadHttpRequestException>(() => reading);
    }

    [Fact]
    public async Task Memory_is_asked_for_before_it_is_taken()
    {
        var asked = new List<int>();
        var reading = BoundedBody.ReadAsync(Http().Request, 100, BodyRules.Default with { Keep = bytes => asked.Add(asked.Count < 1 ? bytes : throw new TimeoutException()) }, _time, default);
        await SendAsync("12345");
        await SendAsync("678");
        await Assert.ThrowsAsync<TimeoutException>(() => reading);
        Assert.Equal([5], asked);
    }

    private Task<byte[]?> ReadAsync(int limit) => BoundedBody.ReadAsync(Http().Request, limit, BodyRules.Default, _time, default);

    private DefaultHttpContext Http()
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IRequestBodyPipeFeature>(new Body(_pipe.Reader));
        return http;
    }

    private async Task SendAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    private sealed record Body(PipeReader Reader) : IRequestBodyPipeFeature;

    /// <summary>A clock that stands until it is moved.</summary>
    private sealed class StepTime : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(this, () => callback(state), _now + dueTime.Ticks);
            lock (_timers)
            {
                _timers.Add(timer);
            }

            return timer;
        }

        public void Pass(TimeSpan time)
        {
            Timer[] due;
            lock (_timers)
            {
                _now += time.Ticks;
                due = [.. _timers.Where(timer => timer.Due <= _now)];
                _timers.RemoveAll(timer => timer.Due <= _now);
            }

            foreach (var timer in due)
            {
                timer.Fire();
            }
        }

        private void Remove(Timer timer)
        {
            lock (_timers)
            {
                _timers.Remove(timer);
            }
        }

        private sealed class Timer(StepTime time, Action fire, long due) : ITimer
        {
            public long Due => due;

            public void Fire() => fire();

            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

            public void Dispose() => time.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
