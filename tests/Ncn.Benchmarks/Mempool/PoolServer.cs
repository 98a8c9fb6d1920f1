using System.Net;
using System.Net.Sockets;

namespace Ncn.Benchmarks.Mempool;

/// <summary>A process of its own that serves one pool over TCP: <c>pool-server PORTFILE [JOURNAL]</c>.</summary>
/// <remarks>
/// 1. whatever whole requests a connection has sent are taken in one go; 2. without a journal their answers go out at once; 3. with one,
/// they wait until the group that they are in is on disk. While one group is being written the next one gathers (group commit).
/// </remarks>
internal sealed class PoolServer : IDisposable
{
    private const int BufferSize = 256 * 1024;
    private readonly PoolHost _host = new();
    private readonly Lock _turn = new();
    private readonly PoolJournal? _journal;
    private readonly Thread? _writer;
    private readonly AutoResetEvent _gathered = new(false);
    private List<Connection> _waiting = [];
    private ulong _now;

    private PoolServer(string? journal)
    {
        if (journal is not null)
        {
            _journal = new PoolJournal(journal);
            _journal.Replay(_host);
            _writer = new Thread(WriteGroups) { IsBackground = true };
        }
    }

    /// <summary>Serves until it is ended.</summary>
    public static int Run(string portFile, string? journal)
    {
        using var server = new PoolServer(journal);
        server._writer?.Start();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        File.WriteAllText(portFile + ".new", $"{((IPEndPoint)listener.LocalEndPoint!).Port} {server._host.Living}");
        File.Move(portFile + ".new", portFile, overwrite: true);
        while (true)
        {
            Socket client = listener.Accept();
            client.NoDelay = true;
            client.Blocking = false;
            new Connection(server, client).Start();
        }
    }

    public void Dispose()
    {
        _gathered.Dispose();
        _journal?.Dispose();
    }

    private static ulong Now() => (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    // Returns whether the answers may go out now.
    private bool Take(Connection connection)
    {
        lock (_turn)
        {
            // All of a group has the time that the journal keeps with it.
            _now = _waiting.Count == 0 ? Now() : _now;
            int taken = connection.Take(_host, _now);
            if (_journal is null || taken == 0)
            {
                return true;
            }

            _journal.Add(connection.Received(taken));
            _waiting.Add(connection);
            if (_waiting.Count == 1)
            {
                _gathered.Set();
            }

            return false;
        }
    }

    private void WriteGroups()
    {
        byte[] spare = new byte[1 << 20];
        List<Connection> told = [];
        while (true)
        {
            _gathered.WaitOne();
            byte[] group;
            int length;
            lock (_turn)
            {
                group = _journal!.End(_now, spare, out length);
                (_waiting, told) = (told, _waiting);
            }

            _journal.Write(group.AsSpan(0, length));
            spare = group;
            told.ForEach(static connection => connection.Answer());
            told.Clear();
        }
    }

    /// <summary>One client. It is read again when its answers are out, so that both buffers are bounded.</summary>
    private sealed class Connection : IDisposable
    {
        private readonly PoolServer _server;
        private readonly Socket _socket;
        private readonly SocketAsyncEventArgs _receive = new();
        private readonly byte[] _in = new byte[BufferSize];
        private byte[] _out = new byte[BufferSize];
        private int _inLength;
        private int _outLength;
        private int _taken;

        public Connection(PoolServer server, Socket socket)
        {
            (_server, _socket) = (server, socket);
            _receive.Completed += (_, _) => OnReceived();
        }

        public void Start() => Receive();

        public void Dispose()
        {
            _receive.Dispose();
            _socket.Dispose();
        }

        /// <summary>The first bytes of what was received, which were taken.</summary>
        public ReadOnlySpan<byte> Received(int taken) => _in.AsSpan(0, taken);

        /// <summary>Takes every whole request; returns their bytes.</summary>
        public int Take(PoolHost host, ulong now)
        {
            int taken = 0;
            while (PoolWire.Length(_in.AsSpan(taken, _inLength - taken)) is var length and not 0)
            {
                if (length < 0)
                {
                    throw new InvalidDataException("a client sent what is no request");
                }

                if (_out.Length - _outLength < ushort.MaxValue + PoolWire.PoppedHead)
                {
                    Array.Resize(ref _out, _out.Length * 2);
                }

                _outLength += host.Take(_in.AsSpan(taken, length), now, _out.AsSpan(_outLength));
                taken += length;
            }

            _taken = taken;
            return taken;
        }

        public void Answer()
        {
            Send();
            Receive();
        }

        private void Send()
        {
            for (int sent = 0; sent < _outLength;)
            {
                int now = _socket.Send(_out.AsSpan(sent, _outLength - sent), SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    _socket.Poll(-1, SelectMode.SelectWrite);
                }
                else if (error != SocketError.Success)
                {
                    break;
                }

                sent += now;
            }

            _outLength = 0;
            _in.AsSpan(_taken, _inLength - _taken).CopyTo(_in);
            (_inLength, _taken) = (_inLength - _taken, 0);
        }

        private void Receive()
        {
            while (true)
            {
                _receive.SetBuffer(_in, _inLength, _in.Length - _inLength);
                if (_socket.ReceiveAsync(_receive) || !TakeReceived())
                {
                    return;
                }
            }
        }

        private void OnReceived()
        {
            if (TakeReceived())
            {
                Receive();
            }
        }

        // False when nothing more is to be read now: the client is gone, or its answers wait for the disk.
        private bool TakeReceived()
        {
            if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
            {
                Dispose();
                return false;
            }

            _inLength += _receive.BytesTransferred;
            if (!_server.Take(this))
            {
                return false;
            }

            Send();
            return true;
        }
    }
}
