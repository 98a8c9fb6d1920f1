using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ncn.Serving.Hosting;

/// <summary>
/// Where the frames of an event stream go out, one after another; when none has for a while a comment does, which every client skips and no proxy
/// takes for silence (WHATWG HTML, section 9.2.7).
/// </summary>
/// <remarks>
/// 1. who writes has the turn, so that a comment stands between two frames; 2. a stream has one timer, which looks when the last frame went out and is
/// set again by that: a frame notes the time and no more; 3. nothing begins the response but a frame, unless <see cref="Begin"/> allows it, because a
/// refusal before it has an HTTP status; 4. after the last frame, and after the disposal, there is nothing.
/// </remarks>
internal sealed class EventPipe : IAsyncDisposable
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly byte[] Comment = ": ping\n\n"u8.ToArray();

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Stream _body;
    private readonly CancellationToken _gone;
    private readonly TimeProvider? _time;
    private readonly TimeSpan _silence;
    private ITimer? _timer;
    private long _sentAt;
    private bool _isOver;

    // What the timer needs is taken here: a context belongs to its request's own flow.
    public EventPipe(HttpContext http)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        (_body, _gone) = (http.Response.Body, http.RequestAborted);
        _time = http.RequestServices?.GetService<TimeProvider>();
        _silence = TimeSpan.FromSeconds(http.RequestServices?.GetService<IOptions<GatewayOptions>>()?.Value.EventPingSeconds ?? 0);
    }

    /// <summary>From now on a comment may begin the response: whatever fails is told as an event.</summary>
    public void Begin()
    {
        if (_timer is null && _time is not null && _silence > TimeSpan.Zero)
        {
            _sentAt = _time.GetTimestamp();
            _timer = _time.CreateTimer(static pipe => _ = ((EventPipe)pipe!).PingAsync(), this, _silence, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends one frame; a client that has gone away is no error here.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> frame, bool isLast = false)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            _isOver |= isLast;
            await _body.WriteAsync(frame, _gone);
            await _body.FlushAsync(_gone);
            _sentAt = _time?.GetTimestamp() ?? 0;
            Begin();
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The client went away; RequestAborted tells the run, which stops the node and charges what was delivered.
        }
        catch (IOException) when (_gone.IsCancellationRequested)
        {
            // As above.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A comment that is on its way is waited for, and none follows: the response is its server's again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isOver = true;
        _turn.Release();
        _timer?.Dispose();
    }

    private async Task PingAsync()
    {
        if (!_turn.Wait(0, CancellationToken.None))
        {
            // A frame is on its way.
            _timer?.Change(_silence, Timeout.InfiniteTimeSpan);
            return;
        }

        try
        {
            await PingInTurnAsync(_time!);
        }
        catch (Exception)
        {
            // The next frame meets the same, and the endpoint with it.
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task PingInTurnAsync(TimeProvider time)
    {
        if (_isOver || _gone.IsCancellationRequested)
        {
            return;
        }

        var left = _silence - time.GetElapsedTime(_sentAt);
        if (left <= TimeSpan.Zero)
        {
            await _body.WriteAsync(Comment, _gone);
            await _body.FlushAsync(_gone);
            (_sentAt, left) = (time.GetTimestamp(), _silence);
        }

        _timer?.Change(left < ShortestWait ? ShortestWait : left, Timeout.InfiniteTimeSpan);
    }
}
