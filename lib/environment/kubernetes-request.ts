import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { collect } from '../bytes.ts'

/** One question to the API. */
export interface Question {
  method: 'GET' | 'POST' | 'DELETE'
  url: string
  body?: object | undefined
}

/** Lists of a big namespace come in pages. */
const longestAnswer = 64 * 1024 * 1024

/** The answer: JSON as a value, anything else as text. One that is no success is thrown with its status as `code` and its text as `body`. */
export async function ask(
  { method, url, body }: Question,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<unknown> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const content = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    ...options.headers,
    Accept: 'application/json, */*',
    ...(content === undefined ? {} : { 'Content-Type': 'application/json' }),
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { ...options, method, headers, signal }, resolve)
      .on('error', reject)
      .end(content)
  })
  if ((response.statusCode ?? 0) >= 300) throw await refusal(response)
  const text = (await collect(response, longestAnswer)).toString()
  return response.headers['content-type']?.includes('json') ? JSON.parse(text) : text
}

/** What an answer that is no success says. */
export async function refusal(response: IncomingMessage): Promise<Error> {
  const body = (await collect(response, longestAnswer)).toString()
  return Object.assign(new Error(`HTTP ${response.statusCode}`), { code: response.statusCode, body })
}
