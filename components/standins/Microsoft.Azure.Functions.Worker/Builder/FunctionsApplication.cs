namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplication
{
    /// <exception cref="InvalidOperationException">A Functions host is configured; only the official package can talk to one.</exception>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args);
}
