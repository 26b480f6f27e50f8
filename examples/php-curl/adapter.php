<?php

// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.

declare(strict_types=1);

require __DIR__ . '/HppClient.php';

const HELLO = [
    'op' => 'hello',
    'client' => ['name' => 'php-curl', 'version' => PHP_VERSION, 'language' => 'php'],
    'error' => ['http_status', 'error_code', 'error_messages', 'correlation_id'],
    'status' => 'open',
    'timestamps' => 'string',
];

/** As a worker would: one client for each shop, whose connection is kept from read to read. */
function client(stdClass $ask): HppClient
{
    static $clients = [];
    $shop = "$ask->base_url $ask->username $ask->password";
    return $clients[$shop] ??= new HppClient($ask->base_url, $ask->username, $ask->password, $ask->ca_file);
}

function answer(stdClass $ask): array
{
    try {
        return ['id' => $ask->id, 'session' => client($ask)->readSession($ask->session_id, $ask->timeout_ms / 1000)];
    } catch (HppException $error) {
        return ['id' => $ask->id, 'error' => [
            'type' => $error::class,
            'message' => $error->getMessage(),
            'http_status' => $error->httpStatus,
            'error_code' => $error->errorCode,
            'error_messages' => $error->errorMessages,
            'correlation_id' => $error->correlationId,
        ]];
    }
}

while (($line = fgets(STDIN)) !== false) {
    $message = json_decode($line, flags: JSON_THROW_ON_ERROR);
    if ($message->op === 'bye') {
        break;
    }
    $reply = $message->op === 'hello' ? HELLO : answer($message);
    fwrite(STDOUT, json_encode($reply, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE) . "\n");
}
