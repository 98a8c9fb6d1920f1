namespace Nethereum.JsonRpc.Client;

public interface IBaseClient
{
    Task SendRequestAsync(string method, string route = null, params object[] paramList);
}

public interface IClient : IBaseClient
{
    Task<T> SendRequestAsync<T>(string method, string route = null, params object[] paramList);
}
