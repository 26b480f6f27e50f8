<?php

declare(strict_types=1);

/** A session could not be read. What the server said about it is in the properties, where it said anything. */
final class HppException extends RuntimeException
{
    public readonly ?string $errorCode;
    public readonly ?array $errorMessages;
    public readonly ?string $correlationId;

    public function __construct(string $message, public readonly ?int $httpStatus = null, mixed $body = null)
    {
        parent::__construct($message);
        $error = $body instanceof stdClass ? $body : new stdClass();
        $this->errorCode = $error->error_code ?? null;
        $this->errorMessages = $error->error_messages ?? null;
        $this->correlationId = $error->correlation_id ?? null;
    }
}

/** Reads hosted payment page sessions with curl. */
final class HppClient
{
    private const DEEP = 32;
    private readonly CurlHandle $curl;
    private readonly string $sessions;

    /** `$caFile` is a certificate authority to trust in place of the system's. */
    public function __construct(
        string $baseUrl,
        string $username,
        #[SensitiveParameter] string $apiKey,
        ?string $caFile = null,
    ) {
        $this->sessions = rtrim($baseUrl, '/') . '/hpp/v1/sessions/';
        $this->curl = curl_init();
        curl_setopt_array($this->curl, [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPAUTH => CURLAUTH_BASIC,
            CURLOPT_USERNAME => $username,
            CURLOPT_PASSWORD => $apiKey,
            CURLOPT_ENCODING => '',
            CURLOPT_NOSIGNAL => true,
        ] + ($caFile === null ? [] : [CURLOPT_CAINFO => $caFile]));
    }

    /**
     * The session as it was sent. Statuses may be added: expect ones you do not know.
     *
     * @throws HppException after $timeout seconds at the latest
     */
    public function readSession(string $sessionId, float $timeout = 10.0): stdClass
    {
        curl_setopt($this->curl, CURLOPT_URL, $this->sessions . rawurlencode($sessionId));
        curl_setopt($this->curl, CURLOPT_TIMEOUT_MS, (int) round($timeout * 1000));
        $text = curl_exec($this->curl);
        if ($text === false) {
            throw new HppException('no answer: ' . curl_strerror(curl_errno($this->curl)));
        }
        $status = curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE);
        $body = json_decode($text, depth: self::DEEP);
        if ($status !== 200) {
            throw new HppException("refused with HTTP $status", $status, $body);
        }
        if (!$body instanceof stdClass) {
            throw new HppException('the answer is no session', $status);
        }
        return $body;
    }
}
