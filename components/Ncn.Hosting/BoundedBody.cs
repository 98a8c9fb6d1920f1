using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Ncn.Hosting;

/// <summary>Reads a request's body of bounded size in bounded time.</summary>
/// <remarks>
/// The web server has such limits too, where it stands before the app: in a Functions host another server does, so they are kept here.
/// </remarks>
public static class BoundedBody
{
    /// <summary>The whole body; null when it is larger than <paramref name="limit"/> bytes, which is found out before more than that is kept.</summary>
    /// <exception cref="BadHttpRequestException">The body ends early, or is broken, or too slow (408), or larger than the server itself allows.</exception>
    public static Task<byte[]?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken) =>
        ReadAsync(request, limit, BodyRules.Default, TimeProvider.System, cancellationToken);

    /// <summary>The same by other rules.</summary>
    public static async Task<byte[]?> ReadAsync(
        HttpRequest request, int limit, BodyRules rules, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(time);
        if (request.ContentLength > limit)
        {
            return null;
        }

        try
        {
            return await CollectAsync(request.BodyReader, limit, new Pace(rules, time), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            // Kestrel's answer to a chunk size beyond all numbers, which is the caller's fault as any other broken body is.
            throw new BadHttpRequestException("The body's chunks are broken.", exception);
        }
    }

    // Memory grows with what arrives, not with what is announced; a body that is there already is copied once.
    private static async ValueTask<byte[]?> CollectAsync(PipeReader reader, int limit, Pace pace, CancellationToken cancellationToken)
    {
        Blocks? kept = null;
        for (var length = 0L; ;)
        {
            var result = await pace.ReadAsync(reader, length, cancellationToken).ConfigureAwait(false);
            length += result.Buffer.Length;
            if (length > limit)
            {
                reader.AdvanceTo(result.Buffer.End);
                return null;
            }

            pace.Rules.Keep?.Invoke((int)result.Buffer.Length);
            if (result.IsCompleted && kept is null)
            {
                var whole = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return whole;
            }

            (kept ??= new Blocks()).Append(result.Buffer);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return kept.ToArray();
            }
        }
    }

    /// <summary>Keeps pieces in blocks, so that memory is what has come and one block more, however small the pieces are.</summary>
    private sealed class Blocks
    {
        private const int SmallestBlock = 4 * 1024;
        private const int LargestBlock = 64 * 1024;
        private readonly List<byte[]> _full = [];
        private byte[] _last = [];
        private int _used;
        private int _length;

        public void Append(ReadOnlySequence<byte> piece)
        {
            foreach (var part in piece)
            {
                Append(part.Span);
            }
        }

        public byte[] ToArray()
        {
            var whole = new byte[_length];
            var at = 0;
            foreach (var block in _full)
            {
                block.CopyTo(whole, at);
                at += block.Length;
            }

            _last.AsSpan(0, _used).CopyTo(whole.AsSpan(at));
            return whole;
        }

        private void Append(ReadOnlySpan<byte> part)
        {
            while (!part.IsEmpty)
            {
                if (_used == _last.Length)
                {
                    Grow();
                }

                var taken = Math.Min(part.Length, _last.Length - _used);
                part[..taken].CopyTo(_last.AsSpan(_used));
                part = part[taken..];
                _used += taken;
                _length += taken;
            }
        }

        private void Grow()
        {
            if (_last.Length > 0)
            {
                _full.Add(_last);
            }

            _last = new byte[Math.Clamp(_length, SmallestBlock, LargestBlock)];
            _used = 0;
        }
    }

    /// <summary>Waits for the next piece no longer than the rules allow; who has sent everything at once costs no timer.</summary>
    private readonly struct Pace(BodyRules rules, TimeProvider time)
    {
        private readonly long _begun = time.GetTimestamp();

        public BodyRules Rules { get; } = rules;

        public async ValueTask<ReadResult> ReadAsync(PipeReader reader, long length, CancellationToken cancellationToken)
        {
            var allowed = Rules.Allowed(length);
            while (true)
            {
                var left = allowed - time.GetElapsedTime(_begun);
                if (left <= TimeSpan.Zero)
                {
                    throw new BadHttpRequestException(
                        $"The body came too slowly: {length} bytes in {time.GetElapsedTime(_begun).TotalSeconds:0} s; send at least {Rules.BytesPerSecond} bytes a second and all of it within {Rules.Longest.TotalSeconds:0} s.",
                        StatusCodes.Status408RequestTimeout);
                }

                var reading = reader.ReadAsync(cancellationToken);
                var result = reading.IsCompletedSuccessfully ? reading.Result : await WaitAsync(reader, reading, left).ConfigureAwait(false);
                if (!result.IsCanceled)
                {
                    return result;
                }

                reader.AdvanceTo(result.Buffer.Start);
            }
        }

        private async ValueTask<ReadResult> WaitAsync(PipeReader reader, ValueTask<ReadResult> reading, TimeSpan left)
        {
            await using var timer = time.CreateTimer(static state => ((PipeReader)state!).CancelPendingRead(), reader, left, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
            return await reading.ConfigureAwait(false);
        }
    }
}
